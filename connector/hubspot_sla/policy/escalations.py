"""escalations.yaml into `Escalations`, and everything wrong with what cannot be compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.plan.channels import Channel, Quiet, Rate
from hubspot_sla.plan.ladder import BUILT_IN, LATE_AFTER_MS, NONE, Ladder, Late, Rung
from hubspot_sla.plan.rung_context import LEAD, OWNER
from hubspot_sla.policy.compile_policies import compiled_when, when_problems
from hubspot_sla.policy.contract_ladders import compiled_contract_ladders, contract_ladder_problems, rung_sections
from hubspot_sla.policy.escalation_documents import path_of_channel
from hubspot_sla.policy.ladders import ANYBODY, Escalations, RungCondition
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.channel_documents import ChannelSection
    from hubspot_sla.policy.contract_ladder_documents import ContractRungSection
    from hubspot_sla.policy.escalation_documents import EscalationsFile, LadderFormSection, RungSection, RungWhenSection
    from hubspot_sla.policy.known_names import Names
    from hubspot_sla.policy.portal import PortalMap
    from hubspot_sla.policy.yaml_document import Document, Path


def compiled_escalations(document: Document, file: EscalationsFile, names: Names) -> tuple[Escalations, list[Problem]]:
    """The ladders, and everything wrong with what cannot be compiled."""
    problems = [
        *_circles(document, file.leads),
        *_channel_problems(document, file, names.calendars),
        *_ladder_problems(document, file, names),
        *contract_ladder_problems(document, file, names.calendars),
    ]
    if problems or names.portal is None or names.calendars is None:
        return Escalations(document, dict.fromkeys(file.ladders, NONE)), problems
    conditions, paths = {}, {}
    for ladder, section in file.ladders.items():
        for number, rung in enumerate(section.rungs):
            paths[ladder, rung.called] = ("ladders", ladder, "rungs", number)
            if rung.when.model_fields_set:
                conditions[ladder, rung.called] = _condition(rung.when, names.portal, names.calendars)
    channels = {name: _channel(name, section, names.calendars) for name, section in file.every_channel.items()}
    ladders = {name: _ladder(name, section) for name, section in file.ladders.items()}
    whole = {BUILT_IN.name: BUILT_IN, NONE.name: NONE, **ladders}
    contracts = compiled_contract_ladders(file, names.calendars)
    return Escalations(document, whole, conditions, file.leads, channels, _people(file), paths, contracts), []


# compiling


def _ladder(name: str, section: LadderFormSection) -> Ladder:
    patience = section.late_after.ms if section.late_after else LATE_AFTER_MS
    rungs = tuple(_rung(level, rung) for level, rung in enumerate(section.rungs, 1))
    return Ladder(name, rungs, Late(section.late), patience)


def _rung(level: int, section: RungSection) -> Rung:
    mark = section.at.mark(section.every, section.times)
    return Rung(section.called, level, mark, tuple(written.action for written in section.do))


def _condition(when: RungWhenSection, portal: PortalMap, calendars: Mapping[str, Calendar | None]) -> RungCondition:
    hours, outside = (calendars.get(name) if name else None for name in (when.hours, when.outside))
    return RungCondition(compiled_when(when, portal), hours, outside)


def _channel(name: str, section: ChannelSection, calendars: Mapping[str, Calendar | None]) -> Channel:
    address = section.address
    return Channel(
        name,
        section.kind,
        address.url_env if address else "",
        (address.secret_env or "") if address else "",
        section.recipients,
        Rate(section.at_most[0], section.at_most[1].ms) if section.at_most else None,
        _quiet(section, calendars),
        section.title or "",
        section.template or "",
    )


def _quiet(section: ChannelSection, calendars: Mapping[str, Calendar | None]) -> Quiet | None:
    if section.quiet is None:
        return None
    calendar = calendars.get(section.quiet.hours or section.quiet.outside or "")
    return None if calendar is None else Quiet(calendar, outside=section.quiet.outside is not None)


def _people(file: EscalationsFile) -> dict[str, Path]:
    """Everybody who is named, with the first place that does."""
    path_by_person: dict[str, Path] = {}
    for who, lead in file.leads.items():
        if who != ANYBODY:
            path_by_person.setdefault(who, ("leads", who))
        path_by_person.setdefault(lead, ("leads", who))
    rungs: list[tuple[Path, RungSection | ContractRungSection]] = [
        (("ladders", ladder, "rungs", number), rung)
        for ladder, section in file.ladders.items()
        for number, rung in enumerate(section.rungs)
    ]
    for at, rung in (*rungs, *rung_sections(file)):
        for place, written in enumerate(rung.do):
            for person in written.action.people:
                if person not in (OWNER, LEAD):
                    path_by_person.setdefault(person, (*at, "do", place, written.action.word))
    return path_by_person


# checking


def _circles(document: Document, leads: Mapping[str, str]) -> Iterator[Problem]:
    """Each circle once, at the first of those in it."""
    above = {who.casefold(): lead.casefold() for who, lead in leads.items() if who != ANYBODY}
    people_in_circles: set[str] = set()
    for who in leads:
        walk: list[str] = []
        at = who.casefold()
        while at in above and at not in walk:
            walk.append(at)
            at = above[at]
        if at in walk and not people_in_circles & set(walk):
            circle = [*walk[walk.index(at) :], at]
            people_in_circles |= set(walk)
            message = f"the leads go in a circle: {' -> '.join(circle)}"
            yield document.problem(
                ("leads", who), message, "the topmost lead has no entry of their own", at_key=True, code=Code.CIRCLE
            )


def _channel_problems(
    document: Document, file: EscalationsFile, calendars: Mapping[str, object] | None
) -> Iterator[Problem]:
    for name, section in file.every_channel.items():
        if section.quiet:
            for word in ("hours", "outside"):
                path: Path = (*path_of_channel(document, name), "quiet", word)
                yield from _unknown(document, path, "calendar", getattr(section.quiet, word), calendars)


def _ladder_problems(document: Document, file: EscalationsFile, names: Names) -> Iterator[Problem]:
    for ladder, section in file.ladders.items():
        if ladder == NONE.name:
            message = f"{ladder!r} means no ladder at all, and cannot be one"
            yield document.problem(("ladders", ladder), message, "call it otherwise", at_key=True, code=Code.NAME_TAKEN)
        first_at: dict[str, int] = {}
        for number, rung in enumerate(section.rungs):
            path: Path = ("ladders", ladder, "rungs", number)
            first = first_at.setdefault(rung.called, number)
            if first != number:
                message = f"rung {first + 1} is called {rung.called!r} already"
                yield document.problem(
                    (*path, "name" if rung.name else "at"), message, "give one of them a `name`", code=Code.NAME_TAKEN
                )
            yield from _rung_problems(document, path, rung, file, names)


def _rung_problems(
    document: Document, path: Path, rung: RungSection, file: EscalationsFile, names: Names
) -> Iterator[Problem]:
    yield from when_problems(document, (*path, "when"), rung.when, names)
    for word in ("hours", "outside"):
        yield from _unknown(document, (*path, "when", word), "calendar", getattr(rung.when, word), names.calendars)
    for number, action in enumerate(written.action for written in rung.do):
        at: Path = (*path, "do", number, action.word)
        for channel in action.channels:
            yield from _unknown(document, at, "channel", channel, file.every_channel)
        if LEAD in action.people and not file.leads:
            remedy = 'write leads: {"anna@acme.com": "lead@acme.com"}'
            yield document.problem(at, "no lead is named", remedy, code=Code.MISSING_KEY)


def _unknown(
    document: Document, path: Path, noun: str, name: str | None, valid: Collection[str] | None
) -> Iterator[Problem]:
    if name is not None and valid is not None and name not in valid:
        yield document.problem(path, f"there is no {noun} {name!r}", nearest(name, valid), code=Code.UNKNOWN_NAME)
