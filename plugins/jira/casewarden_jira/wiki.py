r"""Texts as Jira's wiki markup has them, which Data Center and Service Management take and give. Pure.

What is written is plain text, with values of customers in it: without this `[~name]` would call somebody, `!address!`
fetch an image and `{panel}` open a box. In an address a backslash would lead elsewhere, so such letters are encoded.
Source: Jira's help on text formatting, "\X: escape special character X".
"""

import re
from typing import Final
from urllib.parse import quote

LINK: Final = re.compile(r"https?://[^\s<>\"]{1,2000}[^\s<>\".,;:!?)\]}]")
_SPECIAL: Final = re.compile(r"[\\{}\[\]*_+^~!|]|\?(?=\?)|(?<!\w)-(?=\w)")
_IN_ADDRESS: Final = re.compile(r"[\\{}\[\]*^!|]")
_ESCAPED: Final = re.compile(r"\\([\\{}\[\]*_+^~!|?-])")


def escaped(text: str) -> str:
    """A plain text as markup that shows it as it is."""
    parts, at = [], 0
    for link in LINK.finditer(text):
        parts += [_SPECIAL.sub(r"\\\g<0>", text[at : link.start()]), _IN_ADDRESS.sub(_encoded, link[0])]
        at = link.end()
    return "".join([*parts, _SPECIAL.sub(r"\\\g<0>", text[at:])])


def unescaped(markup: str) -> str:
    """Markup without the backslashes that only say that a letter is meant as itself."""
    return _ESCAPED.sub(r"\1", markup)


def _encoded(letter: re.Match[str]) -> str:
    return quote(letter[0], safe="")
