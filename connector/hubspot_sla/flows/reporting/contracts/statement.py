"""Contracts as commands ask for them: their list, one of them, and the statement of a window."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hubspot_sla.clock.local_time import local_date
from hubspot_sla.contract.terms import Side
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.context.versions_in_force import in_force
from hubspot_sla.flows.reporting.contracts.compose import About, composed
from hubspot_sla.flows.reporting.contracts.frozen_months import disagreements
from hubspot_sla.flows.reporting.contracts.history import (
    settled_through,
    settling_any,
    window_of,
    windows_after,
    windows_through,
)
from hubspot_sla.flows.reporting.contracts.kept_feeds import kept_feeds
from hubspot_sla.flows.reporting.contracts.ledger_evidence import LedgerEvidence, places_of
from hubspot_sla.flows.reporting.contracts.ledger_waivers import LedgerWaivers
from hubspot_sla.flows.reporting.contracts.other_forms import other_forms, without_rows
from hubspot_sla.flows.reporting.contracts.sealed import SealedStatements, statements_through
from hubspot_sla.flows.reporting.contracts.sealed_twice import sealed_twice
from hubspot_sla.flows.reporting.contracts.shrunk_feeds import shrunk
from hubspot_sla.flows.reporting.query import period_of
from hubspot_sla.flows.reporting.report import mappings_of
from hubspot_sla.flows.reporting.where import Conditions
from hubspot_sla.language.texts import texts_of
from hubspot_sla.ledger import names, state
from hubspot_sla.ledger.names import Named
from hubspot_sla.ledger.one_state import one_state
from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from hubspot_sla.flows.reporting.contracts.evidence import Evidence
    from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
    from hubspot_sla.flows.reporting.contracts.history import Settled
    from hubspot_sla.ledger.contract_closings import ContractClosing
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.written_contracts import Contracts, WrittenContract
    from hubspot_sla.render.report.document import Document


@dataclass(frozen=True, slots=True)
class Asked:
    """`contract` is an id, or its party by name or id; `period` "" for the window of `now` (epoch ms). `reader`
    reads feeds. `edition` is that of a closed window, None for the newest; `provisional`: from the ledger as it stands
    also where the window is closed. `every`: all records behind the figures, not the first of those that were kept."""

    contract: str
    period: str
    reader: FeedReader
    now: int
    edition: int | None = None
    provisional: bool = False
    every: bool = False


@dataclass(frozen=True, slots=True)
class Drawn:
    """A settled window with what entered it. `notes` say what of its figures is uncertain, `remarks` what is to be
    known of those that are not. `closing`: it is final, and drawn from this seal alone."""

    settled: Settled
    evidence: Evidence
    notes: tuple[str, ...]
    closing: ContractClosing | None = None
    remarks: tuple[str, ...] = ()


def statement(db: sqlite3.Connection, asked: Asked) -> Document:
    """Raises UsageProblem for a contract or a window that there is not, and for an edition of one that is open."""
    with one_state(db):
        mappings = mappings_of(db)
        sealed = SealedStatements.of(db, _id_of(db, mappings, asked))
        drawn = drawn_window(db, mappings, asked, sealed)
        if drawn.closing is not None:
            about = About(drawn.closing.party_name or drawn.closing.party, drawn.closing.closed_at, drawn.notes)
            texts = texts_of(sealed.mappings(drawn.closing).portal.language)
            about = replace(about, closing=drawn.closing, every=asked.every)
            return composed(drawn.settled, drawn.evidence, about, texts)
        party = party_name(db, drawn.settled.written, asked.now)
        about = About(party, asked.now, (*drawn.notes, *drawn.remarks), every=asked.every)
        return composed(drawn.settled, drawn.evidence, about, texts_of(mappings.portal.language))


def _id_of(db: sqlite3.Connection, mappings: Mappings, asked: Asked) -> str:
    return versions_of(db, mappings.contracts, asked.contract, asked.now)[0].terms.id


def drawn_window(
    db: sqlite3.Connection, mappings: Mappings, asked: Asked, sealed: SealedStatements | None = None
) -> Drawn:
    """The window that was asked for: from its seal where it is closed, else from the ledger and the feeds, after what
    was sealed before it."""
    versions = versions_of(db, mappings.contracts, asked.contract, asked.now)
    named = period_of(asked.period or None, None, None, versions[0].terms.zone, asked.now)
    window = window_of(versions, named)
    if window.start_at > asked.now:
        message = f"{window.name} of {versions[0].terms.id!r} has not begun"
        raise UsageProblem(message, remedy="name a window that has")
    sealed = sealed or SealedStatements.of(db, versions[0].terms.id)
    closing = _closing(sealed, window, asked)
    if closing is not None:
        return Drawn(sealed.settled(closing), sealed.evidence(closing), closing.notes, closing)
    before = sealed.newest_before(window)
    open_ones = windows_after(versions, None if before is None else before.start, window)
    found = ledger_evidence(db, mappings, settling_any(versions, open_ones), asked.reader, asked.now)
    past = () if before is None else statements_through(sealed.settled(before))
    settled = settled_through(found.evidence, versions, window, past)
    notes = (
        *found.problems,
        *disagreements(found.evidence, versions, window),
        *sealed_twice(found.evidence, versions, window),
    )
    return Drawn(settled, found.evidence, notes, remarks=found.remarks)


def drawn_windows(
    db: sqlite3.Connection, mappings: Mappings, contract: str, reader: FeedReader, now: int
) -> list[Drawn]:
    """Every window of a contract from its first day up to the one that runs, the oldest first: each closed one from its
    newest seal, the others as `drawn_window` does."""
    versions = mappings.contracts.versions(contract)
    terms, sealed = versions[0].terms, SealedStatements.of(db, contract)
    windows = list(windows_through(versions, terms.window.holding(local_date(now, terms.zone), terms.zone)))
    open_ones = [window for window in windows if sealed.newest(window) is None]
    known = ledger_evidence(db, mappings, settling_any(versions, open_ones), reader, now)
    found: list[Drawn] = []
    for window in windows:
        closing = sealed.newest(window)
        if closing is not None:
            found.append(Drawn(sealed.settled(closing), sealed.evidence(closing), closing.notes, closing))
        else:
            past = statements_through(found[-1].settled) if found else ()
            settled = settled_through(known.evidence, versions, window, past)
            found.append(Drawn(settled, known.evidence, known.problems, remarks=known.remarks))
    return found


def _closing(sealed: SealedStatements, window: Period, asked: Asked) -> ContractClosing | None:
    """Raises UsageProblem for an edition that there is not."""
    if asked.edition is None:
        return None if asked.provisional else sealed.newest(window)
    found = [each for each in sealed.editions if each.start == window.start]
    closing = next((each for each in found if each.edition == asked.edition), None)
    if closing is None:
        remedy = "`sla contract list` shows which windows are closed"
        raise UsageProblem(f"{asked.contract!r} has no edition {asked.edition} of {window.name}", remedy=remedy)
    return closing


def feeds_named(versions: Sequence[WrittenContract]) -> list[str]:
    return sorted({source.feed for each in versions for source in each.sources.values() if source.feed is not None})


@dataclass(frozen=True, slots=True)
class FromLedger:
    """`problems` say what cannot be known, or measured; `remarks` are as those of `Drawn`."""

    evidence: LedgerEvidence
    problems: tuple[str, ...]
    remarks: tuple[str, ...]


def ledger_evidence(
    db: sqlite3.Connection,
    mappings: Mappings,
    versions: Sequence[WrittenContract],
    reader: FeedReader,
    until: int,
    *,
    as_kept: bool = True,
    asked_at: int | None = None,
) -> FromLedger:
    """What stands in the ledger and in the feeds that these versions of one contract name; why any of them cannot be
    read or has rows of another form, and which lack what they once had. With `as_kept` one that cannot be read counts
    as it was last read, where it ever was. What is late and open is late up to the last sync before `asked_at` (epoch
    ms; None: `until`)."""
    feeds, down = reader.by_name(mappings.contracts.feeds, feeds_named(versions))
    kept = kept_feeds(db, mappings.contracts.feeds)
    problems = [kept[name].said(reason, counts=as_kept) if name in kept else reason for name, reason in down.items()]
    problems += shrunk(db, versions[0].terms.id, feeds, kept) if versions else ()
    used = {name: kept[name] for name in down if as_kept and name in kept}
    feeds |= {name: each.rows for name, each in used.items()}
    problems += other_forms(versions, feeds)
    read_at = {name: each.reading.read_at for name, each in used.items()}
    conditions = Conditions(db, mappings.portal.dimensions)
    places, known = places_of(mappings.portals), in_force(db)
    live_at = state.read_instant(db, state.GO_LIVE)
    evidence = LedgerEvidence(
        db,
        conditions,
        feeds,
        LedgerWaivers(db, known, until if asked_at is None else asked_at),
        until,
        places,
        go_live_at=live_at,
        read_at=read_at,
    )
    return FromLedger(evidence, tuple(problems), tuple(without_rows(versions, feeds)))


def versions_of(db: sqlite3.Connection, contracts: Contracts, word: str, now: int) -> list[WrittenContract]:
    """Those of one contract, by its id or by its party. Raises UsageProblem for none, and for several contracts."""
    if word in contracts.ids:
        return contracts.versions(word)
    by_party = {
        each.terms.id
        for each in contracts.written
        if word.casefold() in (each.terms.party.key.casefold(), party_name(db, each, now).casefold())
    }
    if len(by_party) == 1:
        return contracts.versions(by_party.pop())
    if by_party:
        raise UsageProblem(f"{word!r} has several contracts", remedy=f"name one: {', '.join(sorted(by_party))}")
    if not contracts.written:
        raise UsageProblem("there are no contracts", remedy="write mappings/contracts.yaml, and run a sync")
    parties = [party_name(db, each, now) for each in contracts.written]
    raise UsageProblem(f"there is no contract {word!r}", remedy=nearest(word, [*contracts.ids, *parties]))


def party_name(db: sqlite3.Connection, written: WrittenContract, now: int) -> str:
    """The company's name in HubSpot, else its id; the vendor's name."""
    party = written.terms.party
    if party.side is Side.VENDOR:
        return party.key
    return names.as_of(db, Named.COMPANY, now).get(party.key, party.key)
