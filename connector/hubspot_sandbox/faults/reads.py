"""What goes wrong with what is read: histories cut short, searches in no order, fewer results to be paged through."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

import orjson
from pydantic import Field

from hubspot_sandbox import refusals
from hubspot_sandbox.faults.outcome import Outcome, StruckRequest
from hubspot_sandbox.faults.rows import mapping, results, with_results

if TYPE_CHECKING:
    from hubspot_sandbox.faults.outcome import Handler
    from hubspot_sandbox.json_views import Answer, Json
    from hubspot_sandbox.routes.call import Call

_HISTORY = "propertiesWithHistory"


class TruncatedHistory(Outcome):
    """Only the last `keep` values of a property are answered, of `properties` or of all."""

    fault: ClassVar[str] = "truncated_history"
    keep: int = Field(default=1, ge=0)
    properties: tuple[str, ...] = ()

    def around(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        answer = handler(call)
        for record in [mapping(answer), *results(answer)]:
            if _HISTORY in record:
                record[_HISTORY] = self._cut(cast("dict[str, list[Json]]", record[_HISTORY]))
        return answer

    def _cut(self, histories: dict[str, list[Json]]) -> dict[str, list[Json]]:
        """HubSpot tells the newest first."""
        return {
            name: versions[: self.keep] if not self.properties or name in self.properties else versions
            for name, versions in histories.items()
        }


class Shuffled(Outcome):
    """The rows of a page come in no order at all."""

    fault: ClassVar[str] = "shuffled"

    def around(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        answer = handler(call)
        rows = list(results(answer))
        struck.random.shuffle(rows)
        return with_results(answer, rows)


class SearchCap(Outcome):
    """A search can be paged through to `most` results, not 10,000."""

    fault: ClassVar[str] = "search_cap"
    most: int = Field(ge=1)

    def around(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        start = _offset(call.body)
        if start >= self.most:
            raise refusals.invalid(
                f"The maximum number of results that can be paged through is {self.most:,}. Offset {start} is past it."
            )
        return handler(call)


def _offset(body: bytes) -> int:
    try:
        search = orjson.loads(body)
    except orjson.JSONDecodeError:
        return 0
    after = str(search.get("after", "")) if isinstance(search, dict) else ""
    return int(after) if after.isdecimal() else 0
