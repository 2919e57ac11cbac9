from __future__ import annotations

import pytest

from hubspot_sla.errors import UsageProblem
from hubspot_sla.hubspot.paths import DEFAULT_VERSION, PathTable

PAIRS = [
    ("/crm/v3/objects/tickets", "/crm/objects/2026-09/tickets"),
    ("/crm/v3/objects/tickets/batch/read", "/crm/objects/2026-09/tickets/batch/read"),
    ("/crm/v4/associations/tickets/tasks/batch/read", "/crm/associations/2026-09/tickets/tasks/batch/read"),
    ("/crm/v3/pipelines/tickets", "/crm/pipelines/2026-09/tickets"),
    ("/crm/v3/properties/tickets/groups/sla", "/crm/properties/2026-09/tickets/groups/sla"),
    ("/crm/v3/owners/", "/crm/owners/2026-09"),
    ("/account-info/v3/details", "/account-info/2026-09/details"),
]


@pytest.mark.parametrize(("sdk", "dated"), PAIRS)
def test_every_family_of_paths_moves_to_the_dated_version(sdk: str, dated: str) -> None:
    assert PathTable().rewrite(sdk) == dated
    assert PathTable("2026-03").rewrite(sdk) == dated.replace("2026-09", "2026-03")


@pytest.mark.parametrize("sdk", [sdk for sdk, _ in PAIRS])
def test_v3_leaves_paths_as_the_sdk_built_them(sdk: str) -> None:
    assert PathTable("v3").rewrite(sdk) == sdk


def test_the_default_is_the_newest_dated_version() -> None:
    assert DEFAULT_VERSION == "2026-09"


def test_an_unknown_version_names_the_ones_there_are() -> None:
    with pytest.raises(UsageProblem, match="2025-09") as caught:
        PathTable("2025-09")
    assert caught.value.remedy == "choose one of 2026-09, 2026-03, v3"


@pytest.mark.parametrize(
    "path",
    [
        "/crm/v3/extensions/cards",
        "/crm/v3/objectsearch",
        "/crm/v4/objects/tickets/1/associations/companies",
        "/oauth/v1/token",
    ],
)
@pytest.mark.parametrize("version", ["2026-09", "v3"])
def test_a_path_outside_the_table_is_refused_in_every_version(path: str, version: str) -> None:
    with pytest.raises(LookupError, match=path):
        PathTable(version).rewrite(path)


@pytest.mark.parametrize(
    ("method", "path", "kind", "repeatable"),
    [
        ("GET", "/crm/v3/objects/tickets", "list", True),
        ("GET", "/crm/v3/objects/tickets/7", "other", True),
        ("POST", "/crm/v3/objects/tickets", "other", False),
        ("POST", "/crm/v3/objects/tickets/merge", "other", False),
        ("POST", "/crm/v3/objects/tickets/search", "search", True),
        ("POST", "/crm/v3/objects/tickets/batch/read", "batch_read", True),
        ("POST", "/crm/v3/objects/tickets/batch/update", "batch_update", True),
        ("POST", "/crm/v3/objects/tasks/batch/create", "batch_create", False),
        ("PATCH", "/crm/v3/objects/tickets/7", "other", True),
        ("DELETE", "/crm/v3/objects/tickets/7", "other", True),
        ("POST", "/crm/v4/associations/tickets/tasks/batch/read", "associations", True),
        ("POST", "/crm/v3/properties/tickets/batch/create", "properties", True),
        ("GET", "/crm/v3/owners/", "owners", True),
        ("GET", "/crm/v3/pipelines/tickets", "pipelines", True),
    ],
)
def test_only_calls_that_make_records_are_not_repeatable(method: str, path: str, kind: str, repeatable: bool) -> None:
    route = PathTable().route(method, path)
    assert (route.kind, route.repeatable) == (kind, repeatable)
