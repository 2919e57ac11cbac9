"""How a kind of action is written in escalations.yaml: its word, what may follow it, and what is made of that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.plan.rung_context import LEAD, OWNER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hubspot_sla.plan.rung_context import RungAction


class UnusableValue(ValueError):
    """What was written after the word makes no sense. `remedy` says what would."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def person(to: str) -> str:
    """`owner`, `lead`, an e-mail or an owner id; UnusableValue: anything else, which is nobody."""
    if to in (OWNER, LEAD) or "@" in to or (to.isascii() and to.isdigit()):
        return to
    raise UnusableValue(f"{to!r} names nobody", "write owner, lead, an e-mail, or an owner id of HubSpot")


@dataclass(frozen=True, slots=True)
class TextKind:
    """`word: text`. With `choices` the text must be one of them. `make` may raise UnusableValue."""

    word: str
    make: Callable[[str], RungAction]
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PropertiesKind:
    """`word: {property: value}`, at least one; an empty value clears the property. `make` may raise UnusableValue."""

    word: str
    make: Callable[[Mapping[str, str]], RungAction]


RungActionKind = TextKind | PropertiesKind
