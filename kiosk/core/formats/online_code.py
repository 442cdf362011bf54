"""Health and venue codes that say nothing by themselves: an opaque token or link that only a service understands.

Chinese health codes (健康码) and venue codes (场所码) have no public byte layout (GB/T 38961-38963 define fields
and a server-side interface only), so they are recognised by patterns: a few that ship, more from the rules.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable

from kiosk.core.codecs import Rejected
from kiosk.core.faults import SettingsError
from kiosk.core.formats import community_code
from kiosk.core.model import Kind, OnlineCode
from kiosk.core.reasons import Reason
from kiosk.core.trust import OnlineService, Trust

NAME = "online_code"
KIND = Kind.UNKNOWN
PREFIXES: tuple[str, ...] = ()

MAX_TEXT = 512  # characters; together with the limit below it bounds the time that any pattern can take
MAX_REPEATS = 3  # quantifiers of no fixed length in one pattern

_GOV = r"https?://([\w-]{1,40}\.){1,5}gov\.cn(:\d{1,5})?/"
_PLACE = r"(csm|changsuo(ma)?|venue|place|site(code)?|address(code)?|(place|room|scene|venue)_?code)"
_HEALTH = r"(jkm|jkb|akm|skm|ykm|ssm|health(code|pass|card)?|jiankang|qrcode)"


def _service(name: str, kind: Kind, pattern: str) -> OnlineService:
    return OnlineService(name, kind, re.compile(pattern, re.IGNORECASE | re.ASCII))


DEFAULT_SERVICES = (
    # Government hosts, by the words that their addresses use; venue words are asked first.
    _service("gov_cn_venue", Kind.VENUE, rf"{_GOV}(?=[^#]*\b{_PLACE}\b).*"),
    _service("gov_cn_health", Kind.HEALTH, rf"{_GOV}(?=.*\b{_HEALTH}\b).*"),
    # What the codes of mini programmes hold: a link that opens the programme.
    _service("wechat_mini_program", Kind.HEALTH, r"weixin://dl/business/\?.*"),
    _service("alipay_mini_program", Kind.HEALTH, r"alipays?://platformapi/startapp\?.*"),
    _service("unionpay_health_code", Kind.HEALTH, r"upwallet://rn/rnshcarcode.*"),
    # Pages of health codes on the hosts of the programmes, as their public lists of links have them.
    _service(
        "alipay_health_page", Kind.HEALTH, r"https://render\.alipay\.com/p/[a-z]/[\w-]{1,40}/report[\w.-]{0,20}\?.*"
    ),
    _service("dingtalk_health_page", Kind.HEALTH, r"https://h5\.dingtalk\.com/healthact/.*"),
)


def sniff(text: str, trust: Trust) -> bool:
    """Whether a pattern of `trust.services` matches the whole of `text`."""
    return _recognise(text, trust) is not None


def decode(text: str, trust: Trust) -> OnlineCode:
    """Whose code `text` is. Raises Rejected(UNSUPPORTED) where no pattern matches."""
    service = _recognise(text, trust)
    if service is None:
        raise Rejected(Reason.UNSUPPORTED)
    return OnlineCode(NAME, service.kind, service.name)


def services(patterns: Iterable[str]) -> tuple[OnlineService, ...]:
    """The services of the rules' `online.patterns`, each `name kind regex`, before the ones that ship.

    A pattern has to match the whole text. Raises SettingsError naming the pattern's number and the reason.
    """
    own = tuple(_parse(number, line) for number, line in enumerate(patterns, start=1))
    return own + DEFAULT_SERVICES


def _recognise(text: str, trust: Trust) -> OnlineService | None:
    if len(text) > MAX_TEXT or community_code.sniff(text, trust):  # a link that says all by itself, wherever it leads
        return None
    return next((service for service in trust.services if service.pattern.fullmatch(text)), None)


def _parse(number: int, line: str) -> OnlineService:
    where = f"online.patterns[{number}]"
    parts = line.split(None, 2)
    if len(parts) != 3 or parts[1] not in (Kind.HEALTH, Kind.VENUE):
        raise SettingsError(f"{where}: write `name kind regex`, where kind is health or venue")
    name, kind, pattern = parts
    if (reason := _slow(pattern)) is not None:
        raise SettingsError(f"{where}: {reason}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # a set that later versions may read in another way
            return OnlineService(name, Kind(kind), re.compile(pattern, re.ASCII))
    except re.error as error:
        raise SettingsError(f"{where}: not a regular expression: {error.msg}") from error
    except (OverflowError, RecursionError) as error:
        raise SettingsError(f"{where}: not a regular expression that can be used: too large, or too deep") from error


def _slow(pattern: str) -> str | None:
    """Why `pattern` could take for ever on a crafted text; None when it cannot.

    Time explodes when something that repeats is itself repeated, and grows with the power of the number of
    repeats; both are refused without running the pattern.
    """
    bare = re.sub(r"\\.", "a", pattern)  # an escape stands for one character
    bare = re.sub(r"\[\^?\]?[^\]]*\]", "a", bare)  # so does a set
    bare = re.sub(r"\(\?[:=!]|\(\?<[=!]|\(\?P<\w+>", "(", bare)
    if re.search(r"\\[1-9]|\(\?P=", pattern):
        return "back references are not allowed"
    repeats = 0
    inside = [False]  # for every open group: whether something in it repeats or branches
    closed = False
    for at, character in enumerate(bare):
        if character == "(":
            inside.append(False)
        elif character == ")" and len(inside) > 1:
            closed = inside.pop()
            inside[-1] = inside[-1] or closed
        elif character == "|":
            inside[-1] = len(inside) > 1
        elif character in "*+" or (character == "{" and re.match(r"\{\d*,?\d*\}", bare[at:])):
            if bare[at - 1 : at] == ")" and closed:
                return "a repeat inside a repeat could take for ever; write it without the outer one"
            if re.match(r"\{\d+\}", bare[at:]):
                continue  # a fixed count of one thing
            if bare[at - 1 : at] not in ("*", "+", "}"):
                repeats += 1
            inside[-1] = True
    return f"more than {MAX_REPEATS} repeats could take for ever" if repeats > MAX_REPEATS else None
