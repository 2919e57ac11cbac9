"""What is so of contracts now, and which days come up: all that a rung of a contract can hang on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.local_time import local_date
from hubspot_sla.contract.claims import ClaimState
from hubspot_sla.contract.deadlines import end_of
from hubspot_sla.contract.key_dates import upcoming
from hubspot_sla.contract.states import ContractState, held_rights, states
from hubspot_sla.contract.terms import Side
from hubspot_sla.flows.reporting.contracts import occasion_texts
from hubspot_sla.flows.reporting.contracts.claims import LookedAt
from hubspot_sla.flows.reporting.contracts.note_texts import of_objective, told
from hubspot_sla.flows.reporting.contracts.occasions_over import OccasionsOver, subject_of
from hubspot_sla.flows.reporting.contracts.statement import party_name
from hubspot_sla.hubspot.objects import companies
from hubspot_sla.language.texts import texts_of
from hubspot_sla.plan.contract_rungs import CONTRACTS, Occasion, Place, ladder_for
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.contract.terms import Contract
    from hubspot_sla.flows.reporting.contracts.claims import Claim
    from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
    from hubspot_sla.flows.reporting.contracts.occasion_texts import Said
    from hubspot_sla.flows.reporting.contracts.statement import Drawn
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.plan.contract_rungs import ContractLadder
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.written_contracts import WrittenContract

Rights = dict[str, str]
"""Since the end of which window a right holds, by its subject and state; kept while it holds."""
AHEAD: Final = timedelta(days=800)
"""So far ahead dates are looked for: no rung is farther from its day."""
END: Final = "end"
"""The subject of a rung that hangs on the end of a contract."""
_CLAIMS: Final = (Place.CLAIM_CLOSES, Place.ANSWER_DUE, Place.PAYMENT_DUE)
_DATES: Final = (Place.DATE, Place.NOTICE_ENDS, Place.CONTRACT_ENDS)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ContractOccasions:
    """Of one contract whose `ladder` asks for them; `rights` hold now, and `over` says what has come to its end."""

    terms: Contract
    ladder: ContractLadder
    party: str
    found: Sequence[Occasion]
    over: OccasionsOver
    rights: Rights = field(default_factory=dict)


def every_occasion(
    db: sqlite3.Connection,
    mappings: Mappings,
    reader: FeedReader,
    now: int,
    held_before: Mapping[str, Rights],
    unknown: Collection[str] = (),
) -> Iterator[ContractOccasions]:
    """Of each contract that a ladder is for, in the order of the file, as of `now` (epoch ms). `held_before` says by
    contract which rights held at the last look: one that still holds was not entered anew, whatever was restated.
    `unknown` are the ids of companies that HubSpot does not have."""
    contracts, ladders = mappings.contracts, mappings.policy_set.escalations.contracts
    for contract in contracts.ids if ladders else ():
        written = version_in_force(contracts.versions(contract), now)
        ladder = ladder_for(ladders, contract, str(written.terms.party.side))
        if ladder is None:
            continue
        looked_at = LookedAt(db, mappings, reader, now, contract)
        looking = _Looking(looked_at, written, ladder, unknown)
        rights: Rights = {}
        found = [*looking.states(held_before.get(contract, {}), rights), *looking.claims(), *looking.dates()]
        over = OccasionsOver(looked_at, rights if looking.knows_rights else None)
        yield ContractOccasions(written.terms, ladder, looking.party, found, over, rights)


def version_in_force(versions: Sequence[WrittenContract], now: int) -> WrittenContract:
    """The version of today; the last one where none is in force."""
    today = local_date(now, versions[0].terms.zone)
    valid = (
        each
        for each in versions
        if each.terms.valid_from <= today and (each.terms.valid_to is None or today < each.terms.valid_to)
    )
    return next(valid, versions[-1])


@dataclass(frozen=True)
class _Looking:
    """At one contract."""

    looked_at: LookedAt
    written: WrittenContract
    ladder: ContractLadder
    unknown: Collection[str]

    @property
    def terms(self) -> Contract:
        return self.written.terms

    @property
    def texts(self) -> Texts:
        return texts_of(self.looked_at.mappings.portal.language)

    @property
    def party(self) -> str:
        return party_name(self.looked_at.db, self.written, self.now)

    @property
    def _is_in_force(self) -> bool:
        terms, today = self.terms, local_date(self.now, self.terms.zone)
        return terms.valid_from <= today and (terms.valid_to is None or today < terms.valid_to)

    def _asks_for(self, *places: Place) -> bool:
        return any(rung.place in places for rung in self.ladder.rungs)

    @property
    def _asks_for_states(self) -> bool:
        return self._is_in_force and any(rung.place.is_state for rung in self.ladder.rungs)

    @property
    def now(self) -> int:
        return self.looked_at.now

    @property
    def windows(self) -> Sequence[Drawn]:
        return self.looked_at.windows

    @property
    def knows_rights(self) -> bool:
        """Whether `states` says which rights hold: all that there is to know is known. What was noted as a window was
        sealed is said, and changes nothing any more."""
        return self._asks_for_states and not any(each.notes for each in self.windows if each.closing is None)

    def states(self, held_before: Rights, rights: Rights) -> Iterator[Occasion]:
        """Of the window that runs, and rights by those that have ended; `rights` gets those that hold."""
        if not self._asks_for_states:
            return
        windows = self.windows
        running = next((each for each in windows[-1:] if each.settled.statement.window.end_at > self.now), None)
        ended = [each.settled.statement for each in windows if each is not running]
        for held in held_rights(self.terms, ended):
            name = f"{held.subject}:{held.state.value}"
            rights.setdefault(name, held_before.get(name) or held.since.window.name)
            said = occasion_texts.of_right(held, ended[-1], self.terms, self.texts)
            said = self._uncertain(said, windows[-1].notes)
            yield replace(
                self._occasion(Place(held.state.value), held.subject, rights[name], said),
                ended_at=held.since.window.end_at,
            )
        if running is not None:
            yield from self._of_running(running)

    def _of_running(self, running: Drawn) -> Iterator[Occasion]:
        statement, terms = running.settled.statement, running.settled.terms
        for each in states(terms, (), statement):
            if each.state is ContractState.OK:
                continue
            (line,) = statement.lines_of(each.objective, each.key)[:1]
            subject = subject_of(each.objective, each.key)
            said = occasion_texts.of_state(each, line, terms, self.texts)
            said = self._uncertain(said, of_objective(running.notes, running.settled.written, each.objective))
            yield self._occasion(Place(each.state.value), subject, statement.window.name, said)

    def claims(self) -> Iterator[Occasion]:
        """Claims that can be made still, and answers and payments that are due."""
        if not self._asks_for(*_CLAIMS):
            return
        for claim in self.looked_at.claims:
            if claim.state is ClaimState.OPEN and claim.last_day is not None:
                yield self._of_claim(Place.CLAIM_CLOSES, claim, claim.last_day)
            if claim.due_on is not None:
                place = Place.ANSWER_DUE if claim.state is ClaimState.FILED else Place.PAYMENT_DUE
                yield self._of_claim(place, claim, claim.due_on)

    def _of_claim(self, place: Place, claim: Claim, day: date) -> Occasion:
        terms = self.terms
        said = self._uncertain(occasion_texts.of_claim(place, claim, day, terms, self.texts), claim.notes)
        calendar = claim_calendar(terms, claim.objective)
        occasion = self._occasion(place, claim.objective, claim.period, said, day)
        return replace(occasion, calendar=calendar if place is Place.CLAIM_CLOSES else None)

    def _uncertain(self, said: Said, notes: Iterable[str]) -> Said:
        """With what is uncertain of the figures, such as a feed that is down: who decides must know."""
        headline, lines, details = said
        return headline, (*lines, *(f"{told(note, self.texts, self.terms.zone)}." for note in notes)), details

    def dates(self) -> Iterator[Occasion]:
        """Dates of the contract, the last days of notice before them, and its end."""
        terms = self.terms
        today = local_date(self.now, terms.zone)
        if not self._asks_for(*_DATES):
            return
        for each in self.written.dates:
            for on, last in upcoming(each, today, today + AHEAD, terms.valid_to):
                if last != on and last >= today:
                    said = occasion_texts.of_date(Place.NOTICE_ENDS, each.what, last, on, each.trigger, self.texts)
                    yield self._occasion(Place.NOTICE_ENDS, each.what, on.isoformat(), said, last)
                said = occasion_texts.of_date(Place.DATE, each.what, on, on, each.trigger, self.texts)
                yield self._occasion(Place.DATE, each.what, on.isoformat(), said, on)
        if terms.valid_to is not None and terms.valid_to > today:
            last = terms.valid_to - _DAY
            said = occasion_texts.of_end(terms.version, last, self.texts)
            yield self._occasion(Place.CONTRACT_ENDS, END, last.isoformat(), said, last)

    def _occasion(self, place: Place, subject: str, window: str, said: Said, day: date | None = None) -> Occasion:
        terms, (headline, lines, details) = self.terms, said
        whose = occasion_texts.about(terms, self.party, self.texts)
        return Occasion(
            contract=terms.id,
            record=record_of(terms, self.unknown),
            place=place,
            subject=subject,
            window=window,
            today=local_date(self.now, terms.zone),
            due_at=self.now if day is None else end_of(day, terms.zone) - 60_000,
            day=day,
            name=terms.name or terms.id,
            headline=headline,
            lines=(*lines, *whose),
            details=details,
        )


def claim_calendar(terms: Contract, objective: str) -> Calendar | None:
    """The one on which the business days of its claims count; None: they name none, or it has no such objective."""
    own = next((terms.claim_of(each) for each in terms.objectives if each.id == objective), None)
    return own.closes.calendar if own is not None and own.closes is not None else None


def record_of(terms: Contract, unknown: Collection[str] = ()) -> RecordRef:
    """Where the tasks of a contract lie: on its company; those of a vendor, and of a company that HubSpot does not
    have, on nothing, by the id of the contract."""
    if terms.party.side is Side.CUSTOMER and terms.party.key not in unknown:
        return RecordRef(companies.PROFILE.name, terms.party.key)
    return RecordRef(CONTRACTS, terms.id)
