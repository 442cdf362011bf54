"""The pure core: it decides and does nothing else.

No I/O, no clock, no randomness: times, keys, rules and lists are arguments, answers are values.
Import-linter and `tests/core/test_purity.py` keep it so.
"""
