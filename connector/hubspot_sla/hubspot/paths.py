"""The one table of API paths: where the SDK thinks an endpoint is, where the chosen API version has it.

SDK 12 speaks v3 and v4 only; HubSpot ends v4 in March 2027 and v1-v3 in September 2027 in favour of dated
versions. A path that is not in the table is refused: nothing slips through to an address that will vanish.
`/crm/v4/objects/{type}/{id}/associations/{to}` is left out on purpose, 2026-09 has no such endpoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from hubspot_sla.errors import UsageProblem

Kind = Literal[
    "search",
    "list",
    "batch_read",
    "batch_update",
    "batch_create",
    "associations",
    "pipelines",
    "properties",
    "owners",
    "conversations",
    "other",
]

LEGACY: Final = "v3"
DATED: Final = ("2026-09", "2026-03")
VERSIONS: Final = (*DATED, LEGACY)
DEFAULT_VERSION: Final = DATED[0]
WITHOUT_RULES: Final = {"2026-09": "2026-03"}
"""By version that holds writes to the rules of a portal's admin: the earlier one that ignores them."""


@dataclass(frozen=True, slots=True)
class _Family:
    """Endpoints that move together: the SDK's prefix, the dated prefix, what their calls are counted as."""

    sdk: str
    dated: str
    kind: Kind
    not_in: tuple[str, ...] = ()
    """Dated versions that do not have it yet: its own path serves them."""

    def owns(self, path: str) -> bool:
        return path == self.sdk or path.startswith(self.sdk + "/")


_TABLE: Final = (
    _Family("/crm/v3/objects", "/crm/objects/{version}", "other"),
    _Family("/crm/v4/associations", "/crm/associations/{version}", "associations"),
    _Family("/crm/v3/pipelines", "/crm/pipelines/{version}", "pipelines"),
    _Family("/crm/v3/properties", "/crm/properties/{version}", "properties"),
    _Family("/crm/v3/owners", "/crm/owners/{version}", "owners"),
    _Family(
        "/conversations/v3/conversations",
        "/conversations/conversations/{version}",
        "conversations",
        not_in=("2026-03",),
    ),
    _Family("/account-info/v3", "/account-info/{version}", "other"),
    _Family("/oauth/v2/private-apps", "/oauth/v2/private-apps", "other"),  # undocumented, and the same in all versions
)
_OBJECTS: Final = _TABLE[0]

# What follows /crm/v3/objects/{type} in a POST. Any other POST there makes or merges records.
_OBJECT_POSTS: Final[dict[str, Kind]] = {
    "search": "search",
    "batch/read": "batch_read",
    "batch/update": "batch_update",
    "batch/archive": "other",
}


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes and how it may be treated.

    `repeatable`: sending it twice leaves HubSpot as sending it once did (a second property create is a 409).
    """

    path: str
    kind: Kind
    repeatable: bool


class PathTable:
    """Maps the SDK's paths to those of one API version: `2026-09`, `2026-03`, or `v3` for the SDK's own.

    Raises `UsageProblem` for a version it does not know.
    """

    def __init__(self, version: str = DEFAULT_VERSION) -> None:
        if version not in VERSIONS:
            raise UsageProblem(
                f"unknown HubSpot API version {version!r}", remedy=f"choose one of {', '.join(VERSIONS)}"
            )
        self.version = version

    def rewrite(self, path: str) -> str:
        """The path to send for a path the SDK built. Raises LookupError for one that is not in the table."""
        family = _family_of(path)
        if self.version == LEGACY or self.version in family.not_in:
            return path
        moved = family.dated.format(version=self.version) + path.removeprefix(family.sdk)
        return moved.rstrip("/")  # the SDK asks for /crm/v3/owners/, the dated path has no slash

    def route(self, method: str, path: str) -> Route:
        """The same, with what kind of call it is. Raises LookupError as `rewrite` does."""
        kind, repeatable = _treatment(method, path, _family_of(path))
        return Route(self.rewrite(path), kind, repeatable)


def _family_of(path: str) -> _Family:
    for family in _TABLE:
        if family.owns(path):
            return family
    raise LookupError(f"no entry in the path table for {path}: add it to hubspot/paths.py")


def _treatment(method: str, path: str, family: _Family) -> tuple[Kind, bool]:
    if family is not _OBJECTS:
        return family.kind, True
    rest = path.removeprefix(family.sdk).strip("/").partition("/")[2]
    if method == "POST":
        made: Kind = "batch_create" if rest == "batch/create" else "other"
        return _OBJECT_POSTS.get(rest, made), rest in _OBJECT_POSTS
    return ("list" if method == "GET" and not rest else "other"), True
