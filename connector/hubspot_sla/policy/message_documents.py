"""The shape of `messages` in portal.yaml: which sources of messages are read, and what counts as an answer."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from hubspot_sla.policy.condition_values import Wanted, parse_wanted
from hubspot_sla.policy.durations import Duration, parse_duration
from hubspot_sla.policy.field_types import DURATION, STRING, Also, Internal, Section, Shape, Texts, as_list, under
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.value_errors import Refused
from hubspot_sla.policy.wish_documents import WISH

Source = Literal["threads", "emails", "calls", "notes", "meetings"]
Sources = Annotated[list[Source], BeforeValidator(as_list), Also(STRING)]
DOMAIN = r"^([^@\s/:]+@)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$"
"""`example.com`, or the address of one mailbox."""


def _wall_time(written: object) -> Duration:
    """Refused: business days, which seconds between two messages are not counted in."""
    duration = parse_duration(written)
    if duration.business_days:
        raise Refused(f"{duration.text!r} counts business days", "write 30s or 2m", code=Code.DURATION)
    return duration


WallTime = Annotated[Duration | None, BeforeValidator(_wall_time), Shape(DURATION)]


def _lower(written: object) -> object:
    return written.strip().lower().removeprefix("@") if isinstance(written, str) else written


Domain = Annotated[str, BeforeValidator(_lower), StringConstraints(pattern=DOMAIN)]
Domains = Annotated[list[Domain], Field(min_length=1), BeforeValidator(as_list), Also(STRING)]


class AutoRepliesSection(Section):
    """`ignore`, or `{within: 30s, markers: ["[auto]"]}`."""

    count: Literal["ignore", "answer"] = "ignore"
    within: WallTime = None
    markers: Texts | None = None

    @model_validator(mode="after")
    def _ignored_where_recognised(self) -> AutoRepliesSection:
        if self.count == "answer" and (self.within or self.markers):
            raise Refused(
                "automatic replies count as answers, so nothing need recognise them",
                "write ignore, or leave out `within` and `markers`",
                code=Code.KEYS_TOGETHER,
            )
        return self


AutoReplies = Annotated[
    AutoRepliesSection,
    BeforeValidator(lambda written: under("count", written)),
    Also({"enum": ["ignore", "answer"]}),
]
NotNeeded = Annotated[dict[Internal, Annotated[Wanted, BeforeValidator(parse_wanted), WISH]], Field(min_length=1)]


_SOURCE_OF: Final = (
    ("ai_agent", "threads"),
    ("comments", "threads"),
    ("notes", "notes"),
    ("calls", "calls"),
    ("meetings", "meetings"),
)
"""What each key looks at."""


class MessagesSection(Section):
    """Where messages are read from beside the ticket's properties, and what counts as what."""

    sources: Sources = ["threads"]
    ai_agent: Literal["answer", "ignore", "separate"] = "ignore"
    bots: Literal["ignore", "answer"] = "ignore"
    auto_replies: AutoReplies = AutoRepliesSection()
    outside_domains: Domains | None = None
    comments: Literal["ignore", "update"] = "ignore"
    notes: Literal["ignore", "update", "answer"] = "update"
    calls: Literal["ignore", "update", "answer"] = "answer"
    meetings: Literal["ignore", "update", "answer"] = "update"
    not_needed: NotNeeded | None = None

    @model_validator(mode="after")
    def _sources_of_what_is_said(self) -> MessagesSection:
        for key, source in _SOURCE_OF:
            if key in self.model_fields_set and source not in self.sources and getattr(self, key) != "ignore":
                raise Refused(
                    f"`{key}` looks at a source that is not read",
                    f"add {source} to `sources`",
                    code=Code.KEYS_TOGETHER,
                )
        return self
