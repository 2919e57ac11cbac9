"""What was sealed of a contract when its window was closed, and how rows of feeds are written there."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import orjson

from hubspot_sla.feeds.availability_file import Availability, Form, OutageRow, RequestRow, ValueRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubspot_sla.contract.promises import CountedPromise
    from hubspot_sla.contract.terms import Objective
    from hubspot_sla.ledger.contract_closings import PromisesByWindow
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.policy.written_contracts import WrittenContract


@dataclass(frozen=True)
class SealedEvidence:
    """Of one closing. `until` is the end of its window."""

    by_window: PromisesByWindow
    feeds: Mapping[str, Availability]
    until: int

    def feed(self, name: str) -> Availability | None:
        return self.feeds.get(name)

    def seen_until(self, name: str) -> int:  # noqa: ARG002 - none was sealed that could not be read
        return self.until

    def promises(
        self,
        written: WrittenContract,  # noqa: ARG002 - it was asked when this was sealed
        objective: Objective,
        window: Period,
        span: Period,  # noqa: ARG002 - the same
    ) -> Sequence[CountedPromise]:
        return self.by_window.get((window.start, objective.id), ())


def feed_text(feed: Availability, since: int, until: int) -> str:
    """What of a feed bears on [since, until) (epoch ms), as JSON; shares of users and values as fractions. Its keys are
    all that it has: a region without an outage was measured too. What of it there is none of has its form still."""
    said: dict[str, object] = {} if feed.form is None else {"form": feed.form}
    said |= {
        "keys": feed.keys,
        "outages": [
            [row.start_at, row.end_at, row.kind, row.announced_at, row.key, str(row.affected)]
            for row in feed.outages
            if row.start_at < until and row.end_at > since
        ],
        "requests": [
            [row.start_at, row.end_at, row.number, row.failed, row.key]
            for row in feed.requests
            if row.start_at < until and row.end_at > since
        ],
    }
    if feed.values:
        said["values"] = [
            [row.start_at, row.end_at, row.key, str(row.value)] for row in feed.values if since <= row.start_at < until
        ]
    return orjson.dumps(said).decode()


def feed_of(text: str) -> Availability:
    """As `feed_text` wrote it."""
    said = orjson.loads(text)
    outages = (OutageRow(*row) for row in map(_whole, said["outages"]))
    values = (ValueRow(start, end, Fraction(value), key) for start, end, key, value in said.get("values", ()))
    requests = (RequestRow(*row) for row in said["requests"])
    form = Form(said["form"]) if "form" in said else None
    return Availability(tuple(outages), tuple(requests), tuple(said["keys"]), tuple(values), form)


def _whole(row: list[Any]) -> list[Any]:
    return [*row[:-1], Fraction(row[-1])]
