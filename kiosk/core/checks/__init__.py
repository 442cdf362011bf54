"""The checks of a visit: one module each, found by its name, listed and ordered by the rules.

A check is a function `check(evidence, rules, now)` that answers a Finding (or several), a Want (what it still
misses), or None where it has nothing to say about this visit.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kiosk.core.model import Evidence, Finding, Want
    from kiosk.core.rules import Rules

    Check = Callable[[Evidence, Rules, datetime], Finding | tuple[Finding, ...] | Want | None]


@cache
def names() -> frozenset[str]:
    """The names that rules may list."""
    return frozenset(module.name for module in pkgutil.iter_modules(__path__))


@cache
def named(name: str) -> Check:
    """The check of that name."""
    check: Check = import_module(f"{__name__}.{name}").check
    return check
