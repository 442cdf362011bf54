"""The volunteer's desk: who stands at the gate, why the lamp shows what it shows, and what is done about it."""

from web.desk import front, handover, inside, paper, post, review, visits
from web.desk.blueprint import blueprint

__all__ = ["blueprint", "front", "handover", "inside", "paper", "post", "review", "visits"]
