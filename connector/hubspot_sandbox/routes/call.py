"""One request as a route sees it, and what a route is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from hubspot_sandbox.bodies.body import names
from hubspot_sandbox.bodies.records import WriteIn
from hubspot_sandbox.date_normalization import normalized
from hubspot_sandbox.json_views import Answer
from hubspot_sandbox.object_types import ObjectType, object_type

SEPTEMBER = "2026-09"
Row = TypeVar("Row", bound=WriteIn)

if TYPE_CHECKING:
    from starlette.datastructures import URL, QueryParams

    from hubspot_sandbox.access import Access
    from hubspot_sandbox.limits import Limits
    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.search import Search
    from hubspot_sandbox.unique_values import UniqueValues


@dataclass(frozen=True, slots=True)
class Call:
    """A request that is known and allowed. `params` are the parts of its path.

    `version` is that of the path (`v3`, `2026-09`); `token` is empty where none is asked for.
    """

    portal: Portal
    search: Search
    access: Access
    limits: Limits
    version: str
    token: str
    headers: Mapping[str, str]
    params: dict[str, str]
    query: QueryParams
    body: bytes
    url: URL
    now_ms: int

    @property
    def kind(self) -> ObjectType:
        """The object type the path names."""
        return object_type(self.params["object_type"])

    @property
    def unique(self) -> UniqueValues:
        """What no two records of that type may share."""
        return self.portal.unique_values(self.kind)

    @property
    def authorization(self) -> str:
        """The header that says who calls; empty when it was not sent."""
        return self.headers.get("authorization", "")

    @property
    def many(self) -> int:
        """The status of a batch of which some rows failed: the 2026-09 edition declares no 207."""
        behaviour = self.portal.behaviour
        return 200 if self.version == SEPTEMBER and not behaviour.multi_status_in_september else 207

    def with_dates(self, row: Row) -> Row:
        """A row with its dates as this edition keeps them."""
        if self.version != SEPTEMBER:
            return row
        return row.with_values(*normalized(self.portal.catalogue(self.kind), row.properties))

    def names(self, parameter: str) -> list[str]:
        """An array of the query."""
        return names(self.query.getlist(parameter))

    def flag(self, parameter: str) -> bool:
        """A boolean of the query, which the SDK spells `True` and `False`."""
        return self.query.get(parameter, "").lower() == "true"


Handler = Callable[[Call], Answer]
Scopes = Callable[[Call], Sequence[str]]


def no_scope(_call: Call) -> Sequence[str]:
    """Any valid token will do."""
    return ()
