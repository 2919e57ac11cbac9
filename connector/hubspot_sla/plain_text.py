"""Text of strangers made harmless: no control character in it reaches a terminal, a log, a chat or a task.

A ticket's subject is written by anybody. ESC moves a cursor or changes colours, BEL rings, CR writes over what stands
there, a mark of the writing direction shows letters in another order than they are stored, a line feed makes a line
that looks like one of ours, and NUL ends a text where a program of somebody else stops reading.

A module beside the rooms, as `errors` is: whatever shows or sends text uses it.
"""

from __future__ import annotations

import re
from typing import Final

_HARMFUL: Final = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # control characters: ESC, BEL, CR, NUL, CSI
    "\u2028\u2029"  # separators of lines and paragraphs
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # marks of the writing direction
    "\xad\u180e\u200b\u2060-\u2065\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"  # what is not seen at all
    "\ud800-\udfff"  # halves of characters, which no encoding can write
    "]"
)
"""Not among them: the joiners U+200C and U+200D, which Persian words and many emoji need."""
_SPACES: Final = re.compile(r"[ \n\t]+")
_KEPT_IN_LINES: Final = "\n\t"
"""Where text may have several lines."""


def counted(number: int, noun: str) -> str:
    """`1 ticket`, `2 tickets`, `0 entries`: English, for commands and logs. What customers read is in `language/`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("ry") else f"{number} {noun}s"


def escaped(text: str, keep: str = "") -> str:
    """With what is harmful written out, such as `\\x1b`, but for the characters in `keep`: for who must see it."""
    if text.isprintable():
        return text
    return _HARMFUL.sub(lambda found: found[0] if found[0] in keep else _written_out(found[0]), text)


def removed(text: str) -> str:
    """Without what is harmful; line feeds and tabs stay: for who only reads what the text says."""
    if text.isprintable():
        return text
    return _HARMFUL.sub(lambda found: found[0] if found[0] in _KEPT_IN_LINES else "", text)


def one_line(text: str) -> str:
    """The same in one line: for a title, or a line that begins with a label. French keeps its spaces before a colon."""
    return _SPACES.sub(" ", removed(text)).strip()


def shortened(text: str, longest: int) -> str:
    """Its beginning, how long it is, and its end, where it is longer than so many characters. The end may say why."""
    if len(text) <= longest:
        return text
    end = longest // 4
    return f"{text[: longest - end]}... ({len(text):,} characters) ...{text[len(text) - end :]}"


def in_json(document: str) -> str:
    """A JSON document that means the same, with what is harmful as `\\u001b` inside its texts."""
    if document.replace("\n", "").isprintable():
        return document
    return _HARMFUL.sub(lambda found: found[0] if found[0] in _KEPT_IN_LINES else _in_json(found[0]), document)


def _written_out(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _in_json(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
