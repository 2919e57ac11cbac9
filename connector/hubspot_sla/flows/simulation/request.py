"""What is asked of a simulation, as a value that can be sent to another process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hubspot_sla.flows.records.file_merges import FileMerges


@dataclass(frozen=True, slots=True)
class TicketFile:
    """A file of tickets as `sla evaluate` reads it, under a name by which it can be read again, with the files beside
    it; None for what was not given. `asked` is the name that was given, "" for `name`: nothing lies beside standard
    input, whatever lies beside its copy."""

    name: str
    merges: FileMerges
    pipelines: str | None = None
    companies: str | None = None
    contacts: str | None = None
    asked: str = ""


BY: Final = (("policy",), ("tier",), ("customer",), ("metric",))


@dataclass(frozen=True, slots=True)
class Request:
    """`new` and `base` are the texts of mappings by name; `base` None: those in force in the ledger. Records come from
    `file`, else from `ledger`. They are judged as of `now`, those created from `since` on (epoch ms, None: all). `by`
    are breakdowns, `where` conditions as written; at most `most` flips of each kind are listed."""

    new: Mapping[str, str]
    base: Mapping[str, str] | None
    now: int
    since: int | None = None
    by: tuple[tuple[str, ...], ...] = BY
    where: str = ""
    conditions: tuple[str, ...] = ()
    most: int = 50
    ledger: Path | None = None
    file: TicketFile | None = None
