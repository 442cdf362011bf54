"""Why a file of rules, settings or lists is refused, in the reader's language; the core's parsers say it in English.

A sentence that is not known here stays as it is; a test holds the tables to what the parsers can say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from kiosk.locale import N_, gettext

# Said on a page as the parsers say it.
_SAME = (
    # files
    N_("cannot be read (%(why)s); check the path and its permissions"),
    N_("cannot be read (%(why)s); check its permissions"),
    N_("cannot be written (%(why)s); check the folder and the disk"),
    N_("cannot be removed (%(why)s); check the folder"),
    N_("byte %(number)s: not UTF-8; save the file as UTF-8"),
    N_("left out"),
    N_("entry %(number)s"),
    N_("key %(number)s"),
    N_("key %(number)s (%(whose)s)"),
    N_("rule %(identifier)s"),
    N_("%(what)s; no other entry can be used"),
    # rules and settings
    N_("there is no check %(check)s; known are %(known)s"),
    N_("no such key; did you mean %(near)s?"),
    N_("no such key; known are %(known)s"),
    N_("write `name kind regex`, where kind is health or venue"),
    N_("not a regular expression: %(why)s"),
    N_("not a regular expression that can be used: too large, or too deep"),
    N_("a number in it has too many digits"),
    N_("nested too deeply; no key of ours needs more than a few levels"),
    N_("cannot be understood (%(why)s); get it again"),
    N_("back references are not allowed"),
    N_("a repeat inside a repeat could take for ever; write it without the outer one"),
    N_("more than %(count)s repeats could take for ever"),
    N_("at least one lane, each with a name of its own"),
    N_("say which place's code the screen is to show"),
    N_("every value stands in a table, as [kiosk]"),
    N_("there is no such lane, or it was to be renamed"),
    N_("pages may not change this; write it into the main file"),
    # trust lists
    N_("neither a certificate nor a public key"),
    N_("not a certificate"),
    N_("no certificate and no public key in it"),
    N_("a type of key that no certificate of a known format has"),
    N_("not a deny list of version 1"),
    N_("entry %(number)s is not `format:id`"),
    N_("entry %(number)s is not `format:id` with `from` and `until`"),
    N_("entry %(number)s is not an id"),
    N_("entry %(number)s is not a hash"),
    N_("not a batch of hashes of a known type"),
    N_("not a file of hashes of version 1"),
    N_("cut short"),
    N_("not in order"),
    N_("not a list of cards that were taken back"),
    N_("not a set of keys"),
    N_("no key in it"),
    N_("a key of another type than P-256"),
    N_("a key for something else than ES256 signatures"),
    N_("the key id is not the key's thumbprint"),
    N_("no entry in it"),
    N_("not a list of key ids and certificates"),
    N_("not a list of keys of version 1"),
    N_("the kid is not this key's"),
    N_("scheme, kid, issuer and key are needed, scheme one of %(schemes)s"),
    N_("not a DID document"),
    N_("the key is another's"),
    N_("the key is not for assertions"),
    N_("id, controller and publicKeyJwk are needed"),
    N_("not a list of certificates"),
    N_("a %(use)s certificate signs no health certificates"),
    N_("kid and rawData are needed"),
    N_("not base64"),
    N_("a list that was imported twice"),
    N_("not an imported list of version 1"),
    N_("no key in it can sign %(format)s"),
    N_("not a list of contexts of version 1"),
    N_("a context that is none, or that needs another one"),
    N_("its %(member)s is missing or not base64"),
    N_("no rule in it"),
    N_("neither this certificate nor its authority signed it"),
    N_("its signature is wrong; get the list again from its publisher"),
    # country rules
    N_("a rule's Identifier looks like VR-AT-0001"),
    N_("its %(member)s is missing or has another form"),
    N_("its %(member)s is none of %(allowed)s"),
    N_("neither a rule, a list of rules, nor value sets"),
    N_("more than %(count)s files of rules; keep those of your own country"),
    N_("more than %(count)s MiB of rules"),
    N_("the expression is nested deeper than %(count)s levels"),
    N_("the expression has more than %(count)s parts"),
    # backups
    N_("the backup could not be written (%(why)s)"),
    N_("damaged (%(why)s); the newest backup before this one may be whole"),
    N_("cannot be copied (%(why)s)"),
    N_("what was read back is not what was written; use another medium"),
    N_("no such folder; is the stick plugged in and mounted?"),
    N_("this user may not write here"),
    N_("full; a backup of %(size)s MiB does not fit, remove older files"),
    N_("another backup is being written here"),
    N_("there is no logbook yet"),
    N_("nothing is mounted there; plug the stick in"),
    N_("no stick is plugged in, or it has no label"),
    N_("several sticks are plugged in (%(labels)s); leave one"),
    N_("no stick with the label %(label)s is plugged in"),
    N_("the stick %(label)s cannot be mounted: %(why)s"),
    N_("the settings name no folder or stick for it (backup.to)"),
    # JSON, and what is in it
    N_("a time that is none"),
    N_("not JSON at line %(line)s"),
    N_("not JSON"),
)

# Said on a page in other words, because the parsers' are for a file's author or the command line.
_OTHERWISE: Mapping[str, str] = {
    "not a trust list; PEM, DER and JSON lists are known (docs/formats.md)": N_(
        "This is no list of keys that the kiosk knows; PEM, DER and JSON files are."
    ),
    "a signed list; say kiosk trust import --signed-by CERTIFICATE %(name)s": N_(
        "This list is signed. Add the certificate of whoever signed it."
    ),
    "it is not signed, although its signer was named, now or at an earlier import": N_(
        "It is not signed, although its signer was named, now or at an earlier import."
    ),
    "it says itself whose keys these are; leave --issuer away": N_(
        "It says itself whose keys these are; leave that field empty."
    ),
    "country rules; leave --for and --issuer away": N_(
        "These are country rules; leave what keys are for, and whose they are, empty."
    ),
    "of %(day)s, older than the one in force (%(before)s), which stays; say --older to go back": N_(
        "Of %(day)s, older than the one in force (%(before)s), which stays. Tick “older” to go back."
    ),
    "older than the rules in force, which stay: %(behind)s; say --older to go back": N_(
        "Older than the rules in force, which stay: %(behind)s. Tick “older” to go back."
    ),
    "name it by its kind: %(kinds)s": N_("The file's name has to end in one of: %(kinds)s."),
    "no certificates and no country rules in this folder": N_("No certificates and no country rules in these files."),
    "larger than any trust list (%(count)s MiB)": N_("Larger than any list of keys (%(count)s MiB)."),
    "no trust list in this folder (a file ending in %(kinds)s)": N_("no list of keys in this folder (%(kinds)s)"),
    "%(rule)s is signed in %(other)s; this one has to be signed too": N_(
        "The rule %(rule)s is there with a signature, in %(other)s. What follows it has to be signed too."
    ),
    "country rules: rule %(rule)s is there twice; take one away": N_(
        "The rule %(rule)s is there twice; take the other list away first."
    ),
    "a public key of our own belongs into a list made by `kiosk pass keys`": N_(
        "A key of a kiosk's own belongs into the list that that kiosk makes: kiosk pass keys."
    ),
    "JWK: a private key; ask its owner for the public half alone": N_(
        "This is a private key, which nobody should have been given. Ask its owner for the public half alone."
    ),
    "JWK: %(detail)s": N_("not a key that codes are signed with (%(detail)s)"),
    "JSON: %(detail)s": N_("not JSON that counts (%(detail)s)"),
    "CMS: the content was changed": N_("Its content was changed after it was signed."),
    "CMS: not signed": N_("it is not signed"),
    "CMS: %(detail)s": N_("not a signed list that counts (%(detail)s)"),
    "DER: %(detail)s": N_("not a whole certificate (%(detail)s)"),
    "JWS: %(detail)s": N_("not signed as lists of keys are (%(detail)s)"),
    "not TOML: %(why)s (at line %(line)s, column %(column)s)": N_(
        "line %(line)s, column %(column)s is not written as TOML: %(why)s"
    ),
    "not TOML: %(why)s": N_("not written as TOML: %(why)s"),
    "expected %(kind)s, got %(other)s": N_("a value of another kind belongs here (%(kind)s, not %(other)s)"),
    "expected `str` matching regex %(form)s": N_("not written as it has to be (%(form)s)"),
    "expected %(kind)s >= %(least)s": N_("too small; at least %(least)s"),
    "expected %(kind)s > %(least)s": N_("too small; more than %(least)s"),
    "expected %(kind)s <= %(most)s": N_("too large; at most %(most)s"),
    "invalid enum value %(value)s": N_("%(value)s cannot be chosen here"),
    "expected %(kind)s": N_("a value of another kind belongs here (%(kind)s)"),
}

_PLACE = re.compile(r"%\((\w+)\)s")


def said(error: object) -> str:
    """Why a file is refused, in words: `file: key: reason`, of which names of files and keys stay as they are."""
    return _said(str(error))


def knows(sentence: str) -> bool:
    """Whether a parser's sentence can be said in every language."""
    return any(form.fullmatch(sentence) for form, _words in _forms())


def _said(sentence: str) -> str:
    for form, words in _forms():
        if match := form.fullmatch(sentence):
            return gettext(words, **{name: _inner(value) for name, value in match.groupdict().items()})
    place, colon, rest = sentence.partition(": ")
    return f"{_said(place)}: {_said(rest)}" if colon else sentence


def _inner(value: str) -> str:
    """What stands in a sentence may be one itself: `rule VR-AT-0001: its Version is missing …`."""
    return _said(value) if ": " in value else value


@cache
def _forms() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Each sentence of the parsers as a pattern, with what a page says; those with the most fixed words first."""
    both = {**{same: same for same in _SAME}, **_OTHERWISE}
    return tuple((_form(sentence), both[sentence]) for sentence in sorted(both, key=_fixed, reverse=True))


def _fixed(sentence: str) -> int:
    return len(_PLACE.sub("", sentence))


def _form(sentence: str) -> re.Pattern[str]:
    return re.compile("".join(_pieces(sentence)), re.DOTALL)


def _pieces(sentence: str) -> Iterator[str]:
    for number, piece in enumerate(_PLACE.split(sentence)):
        yield f"(?P<{piece}>.+?)" if number % 2 else re.escape(piece)
