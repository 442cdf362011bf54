"""Chinese names in Latin letters, for finding them with a keyboard and for matching passports.

Source of the readings: pypinyin; of the surnames that are read otherwise than the same character elsewhere:
GB/T 28039-2011, Chinese names in Pinyin.
"""

from __future__ import annotations

_SURNAMES = {
    "单": "shan",
    "仇": "qiu",
    "区": "ou",
    "查": "zha",
    "曾": "zeng",
    "解": "xie",
    "朴": "piao",
    "任": "ren",
    "盖": "ge",
    "尉": "yu",
    "乐": "yue",
    "种": "chong",
    "秘": "bi",
    "冼": "xian",
    "翟": "zhai",
    "华": "hua",
    "折": "she",
    "召": "shao",
    "覃": "qin",
    "燕": "yan",
    "葛": "ge",
    "员": "yun",
}


def syllables(name: str) -> tuple[str, ...]:
    """The syllables of a name in Chinese characters, without tones; empty for any other name."""
    bare = "".join(name.split()).replace("·", "")
    if not bare or not all("\u3400" <= character <= "\u9fff" for character in bare):
        return ()
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - its tables take 30 MB that the gate does not need

    read = [syllable.replace("ü", "v") for syllable in lazy_pinyin(bare)]
    return (_SURNAMES.get(bare[0], read[0]), *read[1:])


def latin_name(read: tuple[str, ...]) -> str:
    """The syllables of a Chinese name as a passport has it, surname and given name: `wang xiaoming`."""
    return " ".join(filter(None, (read[0], "".join(read[1:])))) if read else ""
