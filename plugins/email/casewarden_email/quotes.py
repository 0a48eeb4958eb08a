"""What of a mail's text is quoted: found line by line, so that no text takes longer than its length.

Libraries do this by patterns over the whole text; one of the usual ones takes a minute for 20,000 empty lines.
"""

import re
from typing import Final

_LONGEST: Final = 400
"""Characters of a line that are looked at."""
_SPREAD: Final = 3
"""Lines over which mail programs spread the sentence that begins a quotation."""

_SAYS: Final = re.compile(
    r"(wrote|schrieb( .{1,80})?|a écrit|escribió|ha scritto|scrisse|schreef( .{1,80})?|napisał(\(a\))?|skrev( .{1,80})?"
    r"|escreveu|kirjoitti|napsal(\(a\))?|írta|yazd\u0131"
    r"|\u043d\u0430\u043f\u0438\u0441\u0430\u043b(\(\u0430\))?|写道|のメール|님이 작성)\s?[:\uff1a]$",
    re.IGNORECASE,
)
_BEGINS: Final = re.compile(
    r"(on|am|le|el|il|op|w dniu|den|em|dne|\d{1,4}[-./年]|\S{2,4},? \d{1,2}|.{0,100}<[^<>\s]+@[^<>\s]+>)", re.IGNORECASE
)
_RULE: Final = re.compile(
    r"(-{2,}|_{2,})\s*(original message|original appointment|forwarded message|ursprüngliche nachricht"
    r"|message d'origine|mensaje original|messaggio originale|oorspronkelijk bericht|weitergeleitete nachricht"
    r"|message transféré)\s*-*",
    re.IGNORECASE,
)
_LINE: Final = re.compile(r"_{20,}|-{30,}")
_FROM: Final = re.compile(
    r"\*?(from|von|de|da|van|od|från|fra|lähettäjä|发件人|差出人|보낸 사람)\s?[:\uff1a]\*?\s", re.IGNORECASE
)
_SENT: Final = re.compile(
    r"\*?(sent|date|gesendet|datum|envoyé|enviado|fecha|inviato|data|verzonden|wysłano|skickat|sendt|发送时间"
    r"|送信日時|보낸 날짜)\s?[:\uff1a]\*?\s",
    re.IGNORECASE,
)


def without_quotes(text: str) -> str:
    """A text without the mail that it answers and its signature; the whole where that would leave nothing.

    What is written between the lines of a quotation stays.
    """
    lines = text.split("\n")
    looked = [line[:_LONGEST].strip() for line in lines]
    end = next((at for at in range(len(lines)) if _is_cut(looked, at)), len(lines))
    kept = [line for line, seen in zip(lines[:end], looked, strict=False) if not seen.startswith(">")]
    return "\n".join(kept).strip() or text.strip()


def _is_cut(looked: list[str], at: int) -> bool:
    """Whether a quotation, or the signature, begins here and goes on to the end."""
    line = looked[at]
    if line == "--":
        return True
    if not line or line.startswith(">"):
        return False
    if _RULE.match(line) or (_FROM.match(line) and any(map(_SENT.match, looked[at + 1 : at + 4]))):
        return True
    if _LINE.fullmatch(line):
        return any(map(_FROM.match, looked[at + 1 : at + 3]))
    return _begins_quotation(looked, at)


def _begins_quotation(looked: list[str], at: int) -> bool:
    """A sentence like `On Monday, Kim wrote:`, with nothing of their own after it: only what is quoted, or nothing."""
    if not _BEGINS.match(looked[at]):
        return False
    for spread in range(_SPREAD):
        said = " ".join(looked[at : at + spread + 1])[:_LONGEST]
        if _SAYS.search(said):
            after = next((line for line in looked[at + spread + 1 : at + spread + 4] if line), ">")
            return after.startswith(">") or "@" in said or any(sign.isdigit() for sign in said)
    return False
