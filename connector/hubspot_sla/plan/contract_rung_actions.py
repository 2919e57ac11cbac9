"""What the rungs of contracts ask for, as actions with stable keys: tasks and messages."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.plan.actions import CreateTask, Notify
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.plan.ladder import Outcome
from hubspot_sla.plan.rung_actions.notify import NotifyChannel
from hubspot_sla.plan.rung_actions.task import SUBJECT_LIMIT, MakeTask
from hubspot_sla.plan.rung_context import FIELDS, LEAD, OWNER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hubspot_sla.plan.actions import Action
    from hubspot_sla.plan.contract_rungs import SettledContractRung
    from hubspot_sla.plan.rung_context import People, RungAction

ON_CONTRACTS: Final = (MakeTask.word, NotifyChannel.word)
"""The words of the actions that a rung of a contract can ask for."""


@dataclass(frozen=True, slots=True)
class Party:
    """Whose contract it is: the owner's id in HubSpot (None: nobody is named) and name, the party's name, and the
    address of its company ("" where HubSpot has none)."""

    owner_id: str | None
    owner: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class ContractRungActions:
    """Turns rungs of one contract into actions. `text` gives a remark in the language of the portal."""

    party: Party
    people: People
    text: Callable[[str], str]

    def actions(self, settled: Iterable[SettledContractRung]) -> Iterator[Action]:
        """In the order of the rungs and of what each asks for; nothing of those that were passed by."""
        for one in settled:
            if one.reached.outcome is not Outcome.FIRED:
                continue
            counts: Counter[tuple[str, ...]] = Counter()
            for rung_action in one.rung.actions:
                same = (rung_action.word, *rung_action.channels)
                counts[same] += 1
                repeat = "" if counts[same] == 1 else f":also{counts[same]}"
                action = self._planned(one, rung_action, repeat)
                if action is not None:
                    yield action

    def _planned(self, one: SettledContractRung, rung_action: RungAction, repeat: str) -> Action | None:
        key = one.reached.key
        match rung_action:
            case MakeTask():
                return self._task(one, rung_action, f"task:{key}{repeat}")
            case NotifyChannel():
                name = f"notification:{key}{repeat}:{rung_action.channel}"
                return Notify(name, one.occasion.record, key, rung_action.channel, self._facts(one))
            case _:
                return None

    def _task(self, one: SettledContractRung, make: MakeTask, key: str) -> CreateTask:
        owner_id, remark = self._chosen(make.to)
        occasion, lead_id = one.occasion, self.people.lead_of(self.party.owner_id)
        first, *rest = occasion.lines or ("",)
        said = [self.text(remark)] if remark else []
        body = "\n".join([first, *said, *rest, *occasion.details])
        deputy = None if lead_id == owner_id else lead_id
        return CreateTask(
            key,
            occasion.record,
            one.reached.key,
            f"{occasion.headline} - {occasion.name}"[:SUBJECT_LIMIT],
            body,
            occasion.due_at,
            owner_id,
            deputy,
        )

    def _chosen(self, to: str) -> tuple[str | None, str]:
        """The owner id that is meant, and a remark where it is not the one that was asked for."""
        owner_id, lead = self.party.owner_id, self.people.lead_of(self.party.owner_id)
        if to == OWNER:
            if owner_id or lead is None:
                return owner_id, "" if owner_id else "The contract has no owner."
            return lead, "The contract has no owner, so this is for the lead."
        if to == LEAD:
            return (lead, "") if lead else (owner_id, "No lead is known for the owner.")
        return self.people.ids.get(to, to), ""

    def _facts(self, one: SettledContractRung) -> dict[str, str]:
        """The value of each of FIELDS; "" for what only a ticket has."""
        occasion = one.occasion
        values = {
            "subject": occasion.name,
            "url": self.party.url,
            "policy": occasion.contract,
            "metric": occasion.subject,
            "status": occasion.place.value,
            "due_at": wire(occasion.due_at) if occasion.day is not None else "",
            "rung": one.rung.name,
            "level": str(one.rung.level),
            "reached_at": wire(one.reached.at),
            "owner_id": self.party.owner_id or "",
            "reason": " ".join(occasion.lines),
            "company": self.party.name,
            "owner": self.party.owner,
            "headline": occasion.headline,
            "summary": "\n".join(occasion.lines),
            "details": "\n".join(occasion.details),
        }
        return {name: values.get(name, "") for name in FIELDS}
