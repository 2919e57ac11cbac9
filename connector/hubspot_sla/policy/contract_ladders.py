"""`contracts` of escalations.yaml compiled, and what is wrong with it: by itself, and held against contracts.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.contract.terms import Side
from hubspot_sla.plan.contract_rungs import Before, ContractLadder, ContractRung, Place, ladder_for
from hubspot_sla.plan.rung_context import LEAD, OWNER
from hubspot_sla.policy.ladders import ANYBODY
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.contract.terms import Contract
    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.contract_ladder_documents import BeforeSection, ContractRungSection
    from hubspot_sla.policy.escalation_documents import EscalationsFile
    from hubspot_sla.policy.ladders import Escalations
    from hubspot_sla.policy.written_contracts import Contracts, WrittenContract
    from hubspot_sla.policy.yaml_document import Document, Path

KEY: Final = "contracts"
_BUSINESS_DAYS: Final = "write `business_days: 5, calendar: office`"


def compiled_contract_ladders(
    file: EscalationsFile, calendars: Mapping[str, Calendar | None]
) -> tuple[ContractLadder, ...]:
    """`file` has passed `contract_ladder_problems`."""
    return tuple(
        ContractLadder(
            tuple(_rung(level, rung, calendars) for level, rung in enumerate(section.rungs, 1)),
            tuple(section.contract or ()),
            section.side or "",
        )
        for section in file.contracts
    )


def _rung(level: int, section: ContractRungSection, calendars: Mapping[str, Calendar | None]) -> ContractRung:
    actions = tuple(written.action for written in section.do)
    return ContractRung(section.called, level, section.place, _before(section.before, calendars), actions)


def _before(section: BeforeSection | None, calendars: Mapping[str, Calendar | None]) -> Before:
    if section is None:
        return Before()
    calendar = calendars.get(section.calendar) if section.calendar else None
    return Before(section.days or 0, section.business_days or 0, section.months or 0, calendar)


def rung_sections(file: EscalationsFile) -> Iterator[tuple[Path, ContractRungSection]]:
    """Each rung of a contract with its place in the file."""
    for number, section in enumerate(file.contracts):
        for place, rung in enumerate(section.rungs):
            yield (KEY, number, "rungs", place), rung


def contract_ladder_problems(
    document: Document, file: EscalationsFile, calendars: Collection[str] | None
) -> Iterator[Problem]:
    """What is wrong by itself: names that are taken, calendars, channels and leads that there are not."""
    for number, section in enumerate(file.contracts):
        names = [rung.called for rung in section.rungs]
        for place, rung in enumerate(section.rungs):
            path: Path = (KEY, number, "rungs", place)
            if rung.called in names[:place]:
                message = f"rung {names.index(rung.called) + 1} is called {rung.called!r} already"
                at: Path = (*path, "name" if rung.name else "at")
                yield document.problem(at, message, "give one of them a `name`", code=Code.NAME_TAKEN)
            yield from _rung_problems(document, path, rung, file, calendars)


def _rung_problems(
    document: Document,
    path: Path,
    rung: ContractRungSection,
    file: EscalationsFile,
    calendars: Collection[str] | None,
) -> Iterator[Problem]:
    yield from _before_problems(document, (*path, "before"), rung, calendars)
    for number, action in enumerate(written.action for written in rung.do):
        at: Path = (*path, "do", number, action.word)
        for channel in action.channels:
            if channel not in file.every_channel:
                remedy = nearest(channel, file.every_channel)
                yield document.problem(at, f"there is no channel {channel!r}", remedy, code=Code.UNKNOWN_NAME)
        if LEAD in action.people and not file.leads:
            remedy = 'write leads: {"anna@acme.com": "lead@acme.com"}'
            yield document.problem(at, "no lead is named", remedy, code=Code.MISSING_KEY)


def _before_problems(
    document: Document, path: Path, rung: ContractRungSection, calendars: Collection[str] | None
) -> Iterator[Problem]:
    before = rung.before
    if before is None or before.business_days is None:
        return
    if before.calendar is None:
        if rung.place is not Place.CLAIM_CLOSES:  # a claim may name its own
            yield document.problem(path, "business days go with a calendar", _BUSINESS_DAYS, code=Code.KEYS_TOGETHER)
    elif calendars is not None and before.calendar not in calendars:
        message, remedy = f"there is no calendar {before.calendar!r}", nearest(before.calendar, calendars)
        yield document.problem((*path, "calendar"), message, remedy, code=Code.UNKNOWN_NAME)


def problems_with_contracts(escalations: Escalations, contracts: Contracts | None) -> Iterator[Problem]:
    """Held against contracts.yaml: contracts that there are not, business days that no calendar says, and tasks that
    would be nobody's. `contracts` None: that file is wrong itself."""
    document = escalations.document
    if document is None or contracts is None:
        return
    for number, ladder in enumerate(escalations.contracts):
        for place, name in enumerate(ladder.contracts):
            if name not in contracts.ids:
                remedy = nearest(name, contracts.ids) or "contracts.yaml has no contracts"
                path: Path = (KEY, number, "contract", place)
                yield document.problem(path, f"there is no contract {name!r}", remedy, code=Code.UNKNOWN_NAME)
    for contract in contracts.ids:
        yield from _of_contract(document, escalations, contracts.versions(contract)[-1])


def _of_contract(document: Document, escalations: Escalations, written: WrittenContract) -> Iterator[Problem]:
    terms = written.terms
    ladder = ladder_for(escalations.contracts, terms.id, str(terms.party.side))
    if ladder is None:
        return
    number = escalations.contracts.index(ladder)
    for rung in ladder.rungs:
        path: Path = (KEY, number, "rungs", rung.level - 1)
        if _lacks_calendar(rung, terms):
            message = f"the claims of {terms.id!r} name no calendar, so nothing says what a business day is"
            yield document.problem((*path, "before"), message, _BUSINESS_DAYS, code=Code.KEYS_TOGETHER)
        if terms.party.side is Side.VENDOR and not terms.owner and ANYBODY not in escalations.leads:
            for place, action in enumerate(rung.actions):
                if set(action.people) & {OWNER, LEAD}:
                    message = f"the contract {terms.id!r} has no `owner` and no company in HubSpot, so this is nobody's"
                    remedy = "write `owner: anna@acme.com` in contracts.yaml, or notify a channel"
                    at: Path = (*path, "do", place, action.word)
                    yield document.problem(at, message, remedy, code=Code.MISSING_KEY)


def _lacks_calendar(rung: ContractRung, terms: Contract) -> bool:
    """Whether business days before a claim closes are counted on no calendar."""
    if rung.place is not Place.CLAIM_CLOSES or not rung.before.business_days or rung.before.calendar is not None:
        return False
    claims = [claim for claim in map(terms.claim_of, terms.objectives) if claim is not None and not claim.automatic]
    return any(claim.closes is not None and claim.closes.calendar is None for claim in claims)
