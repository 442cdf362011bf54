"""What lists of keys and country rules hold, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kiosk.core.believed import Keys
from kiosk.locale import N_, gettext, words

_SCHEMES: Mapping[str, str] = {
    **words.FORMATS,
    "local_pass": N_("Passes of compounds"),
    "eu_dcc": N_("EU certificates"),
    "venue": N_("Venue codes"),
    "community_code": N_("Codes of communities"),
    "divoc": N_("Certificates of India and its neighbours (DIVOC)"),
    "nhs_poster": N_("Venue posters of the NHS"),
    "nz_pass": N_("My Vaccine Pass of New Zealand"),
    "ramzor": N_("Green Pass of Israel (Ramzor)"),
    "smart_health_card": N_("SMART Health Cards"),
    "vds_nc": N_("Travellers' seals of the ICAO (VDS-NC)"),
}

PURPOSES = ("divoc", "eu_dcc", "nhs_poster", "ramzor", "vds_nc")  # that keys may be for which do not say it

_USAGES: Mapping[str, str] = {
    "test": N_("tests"),
    "vaccination": N_("vaccinations"),
    "recovery": N_("recoveries"),
}


def scheme(name: str) -> str:
    """The codes that keys of a format sign."""
    return words.say(_SCHEMES, name)


def usage(name: str) -> str:
    """What a key is for, in one word."""
    return words.say(_USAGES, name)


def usages(keys: Keys) -> Iterator[str]:
    """How many of some keys are for what; nothing where none says it."""
    for name in _USAGES:
        if count := keys.usages.get(name, 0):
            yield gettext("%(count)s for %(usage)s", count=count, usage=usage(name))
    if keys.usages and keys.for_anything:
        yield gettext("%(count)s for anything", count=keys.for_anything)
