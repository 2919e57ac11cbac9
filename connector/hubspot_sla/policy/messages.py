"""`messages` of portal.yaml compiled: which sources are read, what is recognised while reading, and what counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.messages import AiAgent, Counted, MessageRules
from hubspot_sla.policy.value_references import MAPPED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.policy.condition_values import Wanted
    from hubspot_sla.policy.message_documents import MessagesSection

AI_AGREEMENT: Final = "ai"
"""The agreement whose clocks are the AI agent's, where `ai_agent: separate` says that it has clocks of its own."""
THREADS, EMAILS, CALLS, NOTES, MEETINGS = "threads", "emails", "calls", "notes", "meetings"
ACTIVITIES = (EMAILS, CALLS, NOTES, MEETINGS)


@dataclass(frozen=True, slots=True)
class Recognition:
    """What is decided about a message while it is read, because it rests on what is not kept: its text and the address
    of its sender. `outside` holds domains and addresses in lower case, `markers` what a text or a subject holds."""

    outside: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()

    def outside_entry(self, address: str) -> str:
        """The entry that an address matches, by itself or by its domain or one above it; "" where none does."""
        whole = address.strip().lower()
        _, at, domain = whole.rpartition("@")
        if not at:
            return ""
        return next((entry for entry in self.outside if entry == whole or _is_within(domain, entry)), "")


def _is_within(domain: str, entry: str) -> bool:
    return "@" not in entry and (domain == entry or domain.endswith(f".{entry}"))


@dataclass(frozen=True, slots=True)
class MessageWords:
    """`not_needed` maps ticket properties to the values that say that no answer is needed."""

    sources: frozenset[str]
    rules: MessageRules
    recognition: Recognition
    not_needed: Mapping[str, Wanted]

    @classmethod
    def of(cls, section: MessagesSection, properties: object) -> MessageWords:
        """`properties` are the names that portal.yaml gives to ours."""
        auto_replies = section.auto_replies
        return cls(
            frozenset(section.sources),
            MessageRules(
                ai_agent=AiAgent(section.ai_agent),
                bots=Counted(section.bots),
                auto_replies=Counted(auto_replies.count),
                within_ms=auto_replies.within.ms if auto_replies.within else None,
                comments=Counted(section.comments),
                notes=Counted(section.notes),
                calls=Counted(section.calls),
                meetings=Counted(section.meetings),
            ),
            Recognition(
                tuple(section.outside_domains or ()),
                tuple(marker.lower() for marker in auto_replies.markers or ()),
            ),
            {
                str(getattr(properties, name) if name in MAPPED else name): wanted
                for name, wanted in (section.not_needed or {}).items()
            },
        )

    @property
    def reads_threads(self) -> bool:
        return THREADS in self.sources

    @property
    def activities(self) -> tuple[str, ...]:
        """The kinds of activities that are read."""
        return tuple(kind for kind in ACTIVITIES if kind in self.sources)

    @property
    def separates_ai_agent(self) -> bool:
        """Whether the AI agent has clocks of its own."""
        return self.rules.ai_agent is AiAgent.SEPARATE
