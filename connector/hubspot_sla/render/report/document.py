"""A report as a document: sections of tables whose cells say what they are, so that each form shows its own way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo
    from decimal import Decimal
    from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Text:
    """Words, also of strangers. `link` is an address, or `#name` of a table in the document. `is_figure`: it stands
    where numbers do, as `none allowed` below `1.5`. `key` is what programs read in place of the words, the same in
    every language."""

    text: str
    link: str = ""
    is_figure: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """A whole number; `link` as of a text."""

    number: int
    link: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of something, None of nothing. `few`: it rests on so little that it is shown grey."""

    share: Fraction | None
    few: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """A figure from 0 to 1 that is no share of anything, as Apdex; None of nothing. `few` as of a share."""

    score: Fraction | None
    few: bool = False


@dataclass(frozen=True, slots=True)
class Interval:
    """From one share to another; None of nothing."""

    ends: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Change:
    """A difference of two shares, in percentage points; None where there is nothing to compare."""

    points: Fraction | None


@dataclass(frozen=True, slots=True)
class Length:
    """A duration in ms; None of nothing."""

    ms: int | None


@dataclass(frozen=True, slots=True)
class Instant:
    """Epoch ms; None for none, and then people may be told `why_none`. `dated`: they are told the year too."""

    at: int | None
    why_none: str = ""
    dated: bool = False


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of a currency (ISO 4217), to its smallest coin; None for what is not known."""

    amount: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True)
class Heat:
    """A number in a map, with how much of the greatest it is, 0 to 1."""

    number: int
    level: float


Cell = Text | Count | Share | Score | Interval | Change | Length | Instant | Heat | Money


@dataclass(frozen=True, slots=True)
class Column:
    """`key` is its name for programs, `title` for people. `bar`: shares in it are drawn as bars too."""

    key: str
    title: str
    bar: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """`key` is its name for programs and links; `note` stands below it; `empty` in its place where it has no rows.
    `aside` are the numbers of rows that the page leaves out, and `aside_note` says where they are. `worst_first` are
    the numbers of all rows, those with most broken promises first, for a form that has room for some; () where they
    stand in an order of their own."""

    key: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    empty: str = ""
    heading: bool = True
    aside: frozenset[int] = frozenset()
    aside_note: str = ""
    worst_first: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page."""

    key: str
    title: str
    tables: Sequence[Table]
    paragraphs: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """`facts` are (title, text) of what the report is about; `sentence` says first what matters most."""

    title: str
    sentence: str
    facts: Sequence[tuple[str, str]]
    sections: Sequence[Section]
    zone: tzinfo
    language: str
    as_of: int | None
    notes: Sequence[str] = ()

    @property
    def tables(self) -> dict[str, Table]:
        return {table.key: table for section in self.sections for table in section.tables}
