"""Holds the seam between the SDK and our transport: fails when a new SDK release moves it."""

from __future__ import annotations

import inspect
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

import orjson
import pytest

from hubspot_sla.hubspot.credentials import Token
from hubspot_sla.hubspot.paths import PathTable
from hubspot_sla.hubspot.portal import Portal
from hubspot_sla.hubspot.response import Response
from hubspot_sla.hubspot.sdk import sdk_api
from hubspot_sla.hubspot.tasks import NewTask
from hubspot_sla.hubspot.transport import Transport
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    from collections.abc import Callable

TICKET = RecordRef("tickets", "1")
APIS = [
    ("hubspot.crm.tickets", "BasicApi"),
    ("hubspot.crm.tickets", "BatchApi"),
    ("hubspot.crm.tickets", "SearchApi"),
    ("hubspot.crm.objects.tasks", "BatchApi"),
    ("hubspot.crm.associations.v4", "BatchApi"),
    ("hubspot.crm.companies", "BatchApi"),
    ("hubspot.crm.owners", "OwnersApi"),
    ("hubspot.crm.pipelines", "PipelinesApi"),
    ("hubspot.crm.properties", "CoreApi"),
    ("hubspot.crm.properties", "BatchApi"),
    ("hubspot.crm.properties", "GroupsApi"),
]
VERBS = ["request", "GET", "HEAD", "OPTIONS", "DELETE", "POST", "PUT", "PATCH"]

# Every public method that talks to HubSpot, and what it should be sent as.
CALLS: list[tuple[Callable[[Portal], object], str]] = [
    (lambda portal: portal.of("tickets").list_page(None, ["subject"], ["subject"]), "list"),
    (lambda portal: list(portal.of("tickets").changed(0, ["hs_lastmodifieddate"], [])), "search"),
    (lambda portal: portal.of("tickets").read(["1"], ["subject"], ["subject"]), "batch_read"),
    (lambda portal: portal.of("tickets").update({"1": {"subject": "x"}}), "batch_update"),
    (
        lambda portal: portal.tasks.create([NewTask("k", TICKET, "s", "b", 0, None, "HIGH")]),
        "batch_create",
    ),
    (lambda portal: portal.tasks.on_records("tickets", ["1"]), "associations"),
    (lambda portal: portal.tasks.read(["1"], ["hs_task_subject"]), "batch_read"),
    (lambda portal: portal.tasks.find_markers("tickets", ["1"]), "associations"),
    (lambda portal: portal.customers.companies_of("tickets", ["1"]), "associations"),
    (lambda portal: portal.customers.companies(["1"], ["name"]), "batch_read"),
    (lambda portal: portal.owners.every(), "owners"),
    (lambda portal: portal.schema.account(), "other"),
    (lambda portal: portal.schema.pipelines("tickets"), "pipelines"),
    (lambda portal: portal.schema.properties("tickets"), "properties"),
    (lambda portal: portal.schema.groups("tickets"), "properties"),
    (lambda portal: portal.schema.create_group("tickets", "sla", "SLA"), "properties"),
    (lambda portal: portal.schema.create_properties("tickets", [{"name": "x"}]), "properties"),
    (lambda portal: portal.schema.archive_property("tickets", "x"), "properties"),
    (lambda portal: portal.schema.archive_group("tickets", "sla"), "properties"),
]


class Recorder(Transport):
    """Routes every request as the transport does, and answers it with nothing."""

    def __init__(self, version: str) -> None:
        super().__init__("http://hubspot.test", Token("made-up"), version=version)
        self.sent: list[tuple[str, str, str]] = []

    def request(self, method: str, url: str, *_: object, **__: object) -> Response:
        route = self.paths.route(method, url.removeprefix(self.base_url))
        self.sent.append((method, route.path, route.kind))
        return Response(200, "OK", b'{"results":[],"portalId":1}', {})


def test_the_sdk_is_of_the_major_version_this_seam_was_made_for() -> None:
    assert version("hubspot-api-client").partition(".")[0] == "12"


@pytest.mark.parametrize(("module", "name"), APIS)
def test_every_api_object_sends_through_a_replaceable_rest_client(module: str, name: str) -> None:
    recorder = Recorder("2026-09")
    package = import_module(module)
    bare = getattr(package, name)(api_client=package.ApiClient(configuration=package.Configuration()))
    assert hasattr(bare.api_client, "rest_client")
    assert sdk_api(recorder, module, name).api_client.rest_client is recorder


@pytest.mark.parametrize(("module", "name"), APIS)
def test_the_sdk_never_holds_a_token(module: str, name: str) -> None:
    configuration = sdk_api(Recorder("2026-09"), module, name).api_client.configuration
    assert configuration.access_token is None
    assert configuration.api_key == {}


@pytest.mark.parametrize("module", sorted({module for module, _ in APIS}))
@pytest.mark.parametrize("verb", VERBS)
def test_the_transport_has_the_sdks_signatures(module: str, verb: str) -> None:
    rest = import_module(f"{module}.rest")
    assert _shape(getattr(Transport, verb)) == _shape(getattr(rest.RESTClientObject, verb))


def _shape(function: Callable[..., object]) -> list[tuple[str, object, object]]:
    return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]


@pytest.mark.parametrize("module", sorted({module for module, _ in APIS}))
def test_an_answer_has_what_the_sdk_reads_from_one(module: str) -> None:
    response = import_module(f"{module}.rest").RESTResponse
    methods = {name for name, _ in inspect.getmembers(response, inspect.isfunction) if name.startswith("get")}
    assert methods == {"getheaders", "getheader"}
    assert all(hasattr(Response, name) for name in methods | {"status", "reason", "data"})


@pytest.mark.parametrize("api_version", ["2026-09", "2026-03", "v3"])
@pytest.mark.parametrize(("call", "kind"), CALLS)
def test_every_path_we_make_the_sdk_build_is_in_the_path_table(
    call: Callable[[Portal], object], kind: str, api_version: str
) -> None:
    recorder = Recorder(api_version)
    call(Portal(recorder))
    assert recorder.sent
    _, path, sent_as = recorder.sent[0]
    assert sent_as == kind
    assert (f"/{api_version}" in path) or PathTable("v3").rewrite(path) == path


def test_the_typed_way_through_the_sdk_works_too() -> None:
    class Typed(Recorder):
        def request(self, method: str, url: str, *_: object, **__: object) -> Response:
            super().request(method, url)
            row = {"id": "7", "properties": {}, "createdAt": "2026-10-05T13:00:00Z"}
            row |= {"updatedAt": "2026-10-05T13:00:00Z", "archived": False}
            return Response(200, "OK", orjson.dumps({"results": [row]}), {"content-type": "application/json"})

    page = sdk_api(Typed("2026-09"), "hubspot.crm.tickets", "BasicApi").get_page(limit=1)
    assert page.results[0].id == "7"
