"""What commands ask of the recorded history, or of a file of tickets, from their options."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubspot_sla.cli import environment
from hubspot_sla.errors import MappingInvalid, UsageProblem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hubspot_sla.flows.simulation.request import Request, TicketFile


def asked_for(
    closing: ExitStack,
    *,
    file: str | None,
    new: str | None,
    against: str | None,
    since: str | None,
    now: str | None,
    by: tuple[str, ...],
    ledger: str | None,
    **asked: Any,
) -> Request:
    """`closing` keeps what FILE needs. `new` None: the mappings in force, or with FILE those of the settings. Raises
    UsageProblem, MappingInvalid."""
    from hubspot_sla.flows.context.local_clock import wall_now
    from hubspot_sla.flows.inspection.instants import parse_instant
    from hubspot_sla.flows.reporting.query import words_of
    from hubspot_sla.flows.simulation.ledger_source import in_force, last_known
    from hubspot_sla.flows.simulation.request import BY, Request

    settings = environment.settings(ledger=ledger)
    beside = {name: asked.pop(name) for name in ("pipelines", "companies", "contacts")}
    if file is None and (wrong := [f"--{name}" for name, value in beside.items() if value is not None]):
        raise UsageProblem(f"{', '.join(wrong)} only with FILE", remedy="the ledger has its own")
    texts = in_force(settings.ledger) if new is None and file is None else _texts(new or str(settings.mappings))
    base = against or (None if file is None else str(settings.mappings))
    known_at = wall_now() if file is not None else last_known(settings.ledger)
    return Request(
        new=texts,
        base=None if base is None else texts if new is None else _texts(base),
        now=known_at if now is None else parse_instant("--now", now),
        since=None if since is None else parse_instant("--since", since),
        by=tuple(words_of(words) for words in by if words_of(words)) or BY,
        ledger=settings.ledger if file is None else None,
        file=None if file is None else closing.enter_context(_readable(file, beside)),
        **asked,
    )


@contextmanager
def naming_folders(texts_by_folder: Mapping[str, Mapping[str, str] | None]) -> Iterator[None]:
    """Where two folders are read and one is wrong, what is wrong names the folder with the file."""
    try:
        yield
    except MappingInvalid as error:
        folder = next((name for name, texts in texts_by_folder.items() if texts == error.texts), None)
        raise (error if folder is None else _within(folder, error)) from None


def _within(folder: str, error: MappingInvalid) -> MappingInvalid:
    problems = [replace(problem, file=str(Path(folder) / problem.file)) for problem in error.problems]
    return MappingInvalid(problems, {str(Path(folder) / name): text for name, text in error.texts.items()})


def _texts(folder: str) -> dict[str, str]:
    """With the last good answers of its endpoints."""
    from hubspot_sla.flows.context.mapping_texts import texts_offline

    return texts_offline(environment.settings(mappings=folder))


@contextmanager
def _readable(file: str, beside: dict[str, str | None]) -> Iterator[TicketFile]:
    from hubspot_sla.flows.records import ticket_file
    from hubspot_sla.flows.records.file_merges import merges_in
    from hubspot_sla.flows.simulation.request import TicketFile

    with ticket_file.rereadable(file) as name:
        yield TicketFile(name, merges_in(name), **beside, asked=file)
