"""mappings/ compiled: the one way in.

`load` is a function of their texts: it gives a whole,
consistent set of mappings, or one error with every problem of every file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from hubspot_sla.errors import MappingInvalid, Problem
from hubspot_sla.plan.records import TICKETS
from hubspot_sla.policy import mapping_files
from hubspot_sla.policy.calendar_data import INSTALLED, CalendarData
from hubspot_sla.policy.calendar_documents import CalendarsFile
from hubspot_sla.policy.calendars import compiled_calendars
from hubspot_sla.policy.compile_policies import compiled_policies
from hubspot_sla.policy.contract_check import Around, contract_problems
from hubspot_sla.policy.contract_documents import ContractsFile
from hubspot_sla.policy.contract_ladders import problems_with_contracts
from hubspot_sla.policy.contract_later_rules import later_problems
from hubspot_sla.policy.contracts import compiled_contracts
from hubspot_sla.policy.document_problems import validated
from hubspot_sla.policy.documents import PortalFile, TiersFile
from hubspot_sla.policy.escalation_documents import EscalationsFile
from hubspot_sla.policy.escalations import compiled_escalations
from hubspot_sla.policy.grammars import CURRENT, version_of
from hubspot_sla.policy.known_names import Names
from hubspot_sla.policy.ladders import NOTHING_SAID
from hubspot_sla.policy.mapping_files import (
    CALENDARS,
    CONTRACTS,
    ESCALATIONS,
    POLICIES,
    PORTAL,
    TIERS,
    WAIVERS,
    spelling_in,
)
from hubspot_sla.policy.mappings import Mappings
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.objectives import compiled_objectives, objective_problems
from hubspot_sla.policy.policy_defaults import with_defaults
from hubspot_sla.policy.policy_documents import PoliciesFile
from hubspot_sla.policy.portal import PortalMap
from hubspot_sla.policy.subscription_check import subscription_problems
from hubspot_sla.policy.target_defaults import missing_defaults
from hubspot_sla.policy.template_lengths import long_channel_templates, long_record_templates
from hubspot_sla.policy.tier_sources.kinds import parse_source
from hubspot_sla.policy.tiers import Tiers, compiled_tiers
from hubspot_sla.policy.value_errors import nearest
from hubspot_sla.policy.waiver_documents import WaiversFile
from hubspot_sla.policy.waivers import compiled_waivers, waiver_problems
from hubspot_sla.policy.written_contracts import NO_CONTRACTS
from hubspot_sla.policy.yaml_reader import read
from hubspot_sla.policy.yaml_syntax import quotes_explained

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.policy.ladders import Escalations
    from hubspot_sla.policy.objectives import Objective
    from hubspot_sla.policy.policy_set import PolicySet
    from hubspot_sla.policy.portal_objects import NamedPipeline
    from hubspot_sla.policy.tier_sources.source import Feed
    from hubspot_sla.policy.waivers import WrittenWaiver
    from hubspot_sla.policy.written_contracts import Contracts
    from hubspot_sla.policy.yaml_document import Document

File = TypeVar("File", bound=BaseModel)
ObjectTypes = Mapping[str, Mapping[str, str | tuple[str, ...]]]
NO_OTHERS: ObjectTypes = MappingProxyType({})


def read_texts(directory: Path) -> dict[str, str]:
    """As `mapping_files.read_texts`, with the tables that tiers.yaml names."""
    return mapping_files.read_texts(directory, files_named)


def load(
    texts: Mapping[str, str],
    pipelines: Sequence[NamedPipeline] | None = None,
    grammar: int = CURRENT,
    object_types: ObjectTypes = NO_OTHERS,
    *,
    later_rules: bool = True,
    calendar_data: CalendarData = INSTALLED,
) -> Mappings:
    """Parse, check and compile. With the portal's `pipelines`, names are checked against them too. What a ledger holds
    is read by the grammar of its day (`grammar_of_version`). `object_types` are those that portal.yaml may name beside
    tickets, each with the properties that stand for those it does not name. Calendars take their zones and holidays
    from `calendar_data`.

    Without `later_rules` a target may go by a property and have no `default`, which `Mappings.missing_defaults` names
    then, a template may be of any length, and contracts may say what `Mappings.refused_by_now` names. That is for
    mappings that are in force.

    MappingInvalid: carries every problem of every file.
    """
    loading = _Loading(texts, grammar, object_types, calendar_data, later_rules=later_rules)
    return loading.run(pipelines)


def feeds_of(texts: Mapping[str, str]) -> tuple[Feed, ...]:
    """The endpoints that tiers.yaml names; none where it is wrong, which `load` will say."""
    document, _ = read(TIERS, texts.get(spelling_in(texts, TIERS), ""))
    file = validated(document, TiersFile)[0] if document else None
    return tuple(source.feed for source in file.sources if source.feed) if file else ()


def calendars_file(texts: Mapping[str, str]) -> tuple[Document, CalendarsFile]:
    """calendars.yaml as it was written. MappingInvalid."""
    name = spelling_in(texts, CALENDARS)
    document, problems = read(name, texts.get(name, ""))
    file = None
    if document is not None:
        file, problems = validated(document, CalendarsFile)
    if document is None or file is None:
        raise MappingInvalid(problems)
    return document, file


class _Loading:
    """One pass over the files. What one file gets wrong is not blamed on another."""

    def __init__(
        self,
        texts: Mapping[str, str],
        grammar: int,
        object_types: ObjectTypes,
        calendar_data: CalendarData,
        *,
        later_rules: bool,
    ) -> None:
        self.texts, self.grammar, self.object_types = texts, grammar, object_types
        self.calendar_data = calendar_data
        self.later_rules = later_rules
        self.missing_defaults: list[Problem] = []
        self.refused_by_now: list[Problem] = []
        self.others: dict[str, PortalMap] = {}
        self.objectives: tuple[Objective, ...] = ()
        self.problems: list[Problem] = []

    def run(self, pipelines: Sequence[NamedPipeline] | None) -> Mappings:
        portal = self._portal(pipelines)
        calendars, names_of_calendars = self._calendars()
        tiers = self._tiers()
        columns = tiers.contract_columns if tiers else None
        names = Names(
            names_of_calendars,
            portal,
            tiers.ranks if tiers else None,
            contract_columns=columns,
            others=self.others,
        )
        escalations = self._escalations(names)
        ladders = escalations.ladders if escalations else None
        policy_set = self._policy_set(replace(names, ladders=ladders), escalations or NOTHING_SAID)
        if portal is not None and policy_set is not None:
            channels = escalations.channels if escalations else None
            self.problems.extend(subscription_problems(portal, policy_set, names.ranks, channels))
        waivers = self._waivers(portal, policy_set)
        contracts = self._contracts(names, policy_set)
        self.problems.extend(problems_with_contracts(escalations or NOTHING_SAID, contracts))
        if self.problems or portal is None or tiers is None or policy_set is None:
            raise MappingInvalid(quotes_explained(self.problems, self.texts), self.texts)
        return Mappings(
            version_of(self.texts, self.grammar),
            portal,
            policy_set,
            calendars,
            tiers,
            self.others,
            tuple(self.missing_defaults),
            waivers,
            self.objectives,
            contracts or NO_CONTRACTS,
            tuple(self.refused_by_now),
        )

    def _file(
        self, name: str, model: type[File], completed: Callable[[Document], Document] | None = None
    ) -> tuple[Document, File] | None:
        name = spelling_in(self.texts, name)
        if name not in self.texts:
            self.problems.append(
                Problem(name, 0, 0, "the file is missing", "`sla init` writes one", code=Code.FILE_MISSING)
            )
            return None
        document, problems = read(name, self.texts[name])
        self.problems.extend(problems)
        if document is None:
            return None
        if completed is not None:
            document = completed(document)
        file, problems = validated(document, model, self.grammar)
        self.problems.extend(problems)
        return (document, file) if file else None

    def _portal(self, pipelines: Sequence[NamedPipeline] | None) -> PortalMap | None:
        parsed = self._file(PORTAL, PortalFile)
        if not parsed:
            return None
        portal = PortalMap.of(*parsed)
        if pipelines is not None:
            self.problems.extend(portal.check(pipelines))
        if self.later_rules:
            self.problems.extend(long_record_templates(*parsed))
        self._other_types(*parsed)
        return portal

    def _other_types(self, document: Document, file: PortalFile) -> None:
        for name in file.objects:
            path = ("objects", name)
            if name == TICKETS:
                message = "tickets are described at the top of this file"
                self.problems.append(
                    document.problem(
                        path,
                        message,
                        "move `pipelines` and `properties` there",
                        at_key=True,
                        code=Code.UNKNOWN_OBJECT_TYPE,
                    )
                )
            elif name not in self.object_types:
                known = ", ".join(self.object_types) or "none"
                remedy = nearest(name, self.object_types) or f"beside tickets there are: {known}"
                message = f"hubspot-sla has no profile of the object type {name!r}"
                self.problems.append(
                    document.problem(path, message, remedy, at_key=True, code=Code.UNKNOWN_OBJECT_TYPE)
                )
            else:
                self.others[name] = PortalMap.of_other(document, file, name, self.object_types[name])

    def _calendars(self) -> tuple[dict[str, Calendar], dict[str, Calendar | None] | None]:
        parsed = self._file(CALENDARS, CalendarsFile)
        if not parsed:
            return {}, None
        calendars, problems = compiled_calendars(*parsed, self.calendar_data)
        self.problems.extend(problems)
        return calendars, {**dict.fromkeys(parsed[1].calendars), **calendars}

    def _tiers(self) -> Tiers | None:
        parsed = self._file(TIERS, TiersFile)
        if not parsed:
            return None
        tiers, problems = compiled_tiers(*parsed, self.texts, self.grammar)
        self.problems.extend(problems)
        return tiers

    def _escalations(self, names: Names) -> Escalations | None:
        """None: the file is wrong, so that nothing can be said of who names its ladders."""
        if spelling_in(self.texts, ESCALATIONS) not in self.texts:
            return NOTHING_SAID
        parsed = self._file(ESCALATIONS, EscalationsFile)
        if not parsed:
            return None
        escalations, problems = compiled_escalations(*parsed, names)
        self.problems.extend(problems)
        if self.later_rules:
            self.problems.extend(long_channel_templates(*parsed))
        return None if problems else escalations

    def _waivers(self, portal: PortalMap | None, policy_set: PolicySet | None) -> tuple[WrittenWaiver, ...]:
        parsed = self._file(WAIVERS, WaiversFile) if spelling_in(self.texts, WAIVERS) in self.texts else None
        if not parsed:
            return ()
        self.problems.extend(waiver_problems(*parsed, portal, policy_set))
        return compiled_waivers(parsed[1])

    def _contracts(self, names: Names, policy_set: PolicySet | None) -> Contracts | None:
        """None: the file is wrong, or what it refers to."""
        if spelling_in(self.texts, CONTRACTS) not in self.texts:
            return NO_CONTRACTS
        parsed = self._file(CONTRACTS, ContractsFile)
        if not parsed or policy_set is None:
            return None
        problems = contract_problems(*parsed, Around.of(names, policy_set))
        self.refused_by_now = later_problems(*parsed)
        if self.later_rules:
            problems += self.refused_by_now
        self.problems.extend(problems)
        return None if problems else compiled_contracts(*parsed, names.calendars or {})

    def _policy_set(self, names: Names, escalations: Escalations) -> PolicySet | None:
        parsed = self._file(POLICIES, PoliciesFile, with_defaults)
        if not parsed:
            return None
        policy_set, problems = compiled_policies(*parsed, names, escalations)
        self.problems.extend(problems)
        document, file = parsed
        self.objectives = compiled_objectives(file.objectives)
        self.problems.extend(objective_problems(document, file.objectives, names.portal, policy_set, names.ranks))
        self.missing_defaults = missing_defaults(*parsed)
        if self.later_rules:
            self.problems.extend(self.missing_defaults)
        return policy_set


def files_named(tiers_text: str) -> Iterator[str]:
    """The files that tiers.yaml names, by the entries that are right in form; what is wrong with others `load` says."""
    document, _ = read(TIERS, tiers_text)
    entries = document.content.get("sources") if document else None
    for entry in entries if isinstance(entries, list) else ():
        with suppress(ValueError):
            file = parse_source(entry).file
            if file is not None:
                yield file
