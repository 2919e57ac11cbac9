"""One request as a route sees it, and what a route is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.sandbox.intake import names
from hubspot_sla.sandbox.object_types import ObjectType, object_type
from hubspot_sla.sandbox.views import Answer

if TYPE_CHECKING:
    from starlette.datastructures import URL, QueryParams

    from hubspot_sla.sandbox.access import Access
    from hubspot_sla.sandbox.portal import Portal
    from hubspot_sla.sandbox.search import Search


@dataclass(frozen=True, slots=True)
class Call:
    """A request that is known and allowed. `params` are the parts of its path."""

    portal: Portal
    search: Search
    access: Access
    params: dict[str, str]
    query: QueryParams
    body: bytes
    url: URL
    now_ms: int

    @property
    def kind(self) -> ObjectType:
        """The object type the path names."""
        return object_type(self.params["object_type"])

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
