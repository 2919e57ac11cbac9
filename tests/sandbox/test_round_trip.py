"""Whatever is written can be read back as HubSpot would answer it: every type, every way to write and to read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubspot_sandbox.server import serve
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hubspot_sandbox.server import Running

TOKEN = "pat-eu1-round"
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COLOURS = ("red", "green", "Blue 3")
FIELDS = {
    "t_text": ("string", "text"),
    "t_number": ("number", "number"),
    "t_instant": ("datetime", "date"),
    "t_day": ("date", "date"),
    "t_flag": ("bool", "booleancheckbox"),
    "t_one": ("enumeration", "select"),
    "t_many": ("enumeration", "checkbox"),
}
SETTINGS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Portal:
    """Writes and reads one ticket in every way the API has."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {TOKEN}"

    def send(self, method: str, path: str, body: object = None) -> dict:
        url = f"{self.running.url}{path}"
        answer = self.session.request(method, url, json=body, timeout=5)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def make(self, properties: dict) -> str:
        made = {"hs_pipeline": "0", "hs_pipeline_stage": "1", "subject": "x", **properties}
        return self.send("POST", "/crm/v3/objects/tickets", {"properties": made})["id"]

    def patch(self, ticket: str, properties: dict) -> dict:
        return self.send("PATCH", f"/crm/objects/2026-09/tickets/{ticket}", {"properties": properties})

    def patch_in_a_batch(self, ticket: str, properties: dict) -> dict:
        body = {"inputs": [{"id": ticket, "properties": properties, "objectWriteTraceId": "one"}]}
        return self.send("POST", "/crm/v3/objects/0-5/batch/update", body)["results"][0]

    def get(self, ticket: str) -> dict:
        return self.send("GET", f"/crm/v3/objects/ticket/{ticket}?properties={','.join(FIELDS)}")

    def read_in_a_batch(self, ticket: str) -> dict:
        body = {"inputs": [{"id": ticket}], "properties": [*FIELDS], "propertiesWithHistory": [*FIELDS]}
        return self.send("POST", "/crm/objects/2026-03/tickets/batch/read", body)["results"][0]

    def find(self, ticket: str) -> dict:
        wanted = {"propertyName": "hs_object_id", "operator": "EQ", "value": ticket}
        body = {"filterGroups": [{"filters": [wanted]}], "properties": [*FIELDS]}
        return self.send("POST", "/crm/v3/objects/tickets/search", body)["results"][0]


@pytest.fixture(scope="module")
def api() -> Iterator[Portal]:
    portal = copied_portal(NOW, tickets=3)
    portal.clock.freeze()
    with serve(portal, token=TOKEN, enforce_limits=False) as running:
        api = Portal(running)
        for name, (type_, field_type) in FIELDS.items():
            options = [{"label": colour.upper(), "value": colour} for colour in COLOURS] if "enum" in type_ else []
            if type_ == "bool":
                options = [{"label": "Yes", "value": "true"}, {"label": "No", "value": "false"}]
            definition = {"name": name, "label": name, "type": type_, "fieldType": field_type, "options": options}
            api.send("POST", "/crm/v3/properties/tickets", {"groupName": "ticketinformation", **definition})
        yield api
        api.session.close()


def wire(instant: datetime) -> str:
    """As HubSpot answers an instant: UTC, and a fraction only where there is one."""
    shown = f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
    milliseconds = instant.microsecond // 1000
    return f"{shown}.{milliseconds:03}Z" if milliseconds else f"{shown}Z"


def spelled(instant: datetime) -> st.SearchStrategy[tuple[object, str]]:
    milliseconds = (instant - EPOCH) // timedelta(milliseconds=1)
    elsewhere = instant.astimezone(timezone(timedelta(hours=5, minutes=30)))
    spellings = [milliseconds, str(milliseconds), instant.isoformat(), elsewhere.isoformat(), wire(instant)]
    return st.sampled_from([(spelling, wire(instant)) for spelling in spellings])


def spelled_day(day: date) -> st.SearchStrategy[tuple[object, str]]:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    milliseconds = (midnight - EPOCH) // timedelta(milliseconds=1)
    return st.sampled_from(
        [(spelling, day.isoformat()) for spelling in (day.isoformat(), milliseconds, str(milliseconds))]
    )


def same(values: st.SearchStrategy[object], answered: Callable[[object], str] = str) -> st.SearchStrategy:
    return values.map(lambda value: (value, answered(value)))


years = {"min_value": datetime(1990, 1, 1), "max_value": datetime(2090, 1, 1)}  # noqa: DTZ001 - the strategy adds UTC
whole_ms = st.datetimes(**years, timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)
SENT_AND_ANSWERED = {
    "t_text": same(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=80)),
    "t_number": same(st.integers(-(10**12), 10**12))
    | same(st.decimals(-(10**6), 10**6, places=3).map(str), lambda text: text),
    "t_instant": whole_ms.flatmap(spelled),
    "t_day": st.dates(date(1990, 1, 1), date(2090, 1, 1)).flatmap(spelled_day),
    "t_flag": st.sampled_from([(True, "true"), (False, "false"), ("true", "true"), ("FALSE", "false")]),
    "t_one": same(st.sampled_from(COLOURS)),
    "t_many": st.lists(st.sampled_from(COLOURS), min_size=1, unique=True).map(";".join).map(lambda text: (text, text)),
}
CLEARED = st.sampled_from([("", None), (None, None)])
WRITES = st.fixed_dictionaries(
    {}, optional={name: answered | CLEARED for name, answered in SENT_AND_ANSWERED.items()}
).filter(bool)


def apart(write: dict[str, tuple[object, str | None]]) -> tuple[dict, dict]:
    return {name: sent for name, (sent, _) in write.items()}, {name: answered for name, (_, answered) in write.items()}


def fields_of(record: dict) -> dict:
    return {name: record["properties"][name] for name in FIELDS}


@SETTINGS
@given(write=WRITES)
def test_a_new_ticket_is_answered_the_same_by_every_read(api, write) -> None:
    sent, answered = apart(write)
    ticket = api.make(sent)
    wanted = dict.fromkeys(FIELDS) | answered
    for read in (api.get, api.read_in_a_batch, api.find):
        assert fields_of(read(ticket)) == wanted


@SETTINGS
@given(writes=st.lists(st.tuples(st.booleans(), WRITES), min_size=1, max_size=5))
def test_a_history_holds_every_value_there_was_newest_first(api, writes) -> None:
    ticket = api.make({})
    current: dict[str, str | None] = dict.fromkeys(FIELDS)
    histories: dict[str, list[tuple[str, str]]] = {name: [] for name in FIELDS}
    for in_a_batch, write in writes:
        api.running.advance(timedelta(minutes=1))
        sent, answered = apart(write)
        (api.patch_in_a_batch if in_a_batch else api.patch)(ticket, sent)
        for name, value in answered.items():
            if value != current[name]:
                histories[name].insert(0, (value or "", wire(api.running.clock.now())))
        current |= answered
    record = api.read_in_a_batch(ticket)
    assert fields_of(record) == current
    versions = record["propertiesWithHistory"]
    assert {
        name: [(version["value"], version["timestamp"]) for version in versions[name]] for name in FIELDS
    } == histories
    assert record["properties"]["hs_lastmodifieddate"] == record["updatedAt"] == wire(api.running.clock.now())


@SETTINGS
@given(write=WRITES)
def test_a_write_echoes_what_it_wrote(api, write) -> None:
    sent, answered = apart(write)
    echoed = api.patch(api.make({}), sent)["properties"]
    assert {name: echoed[name] for name in answered} == answered


@SETTINGS
@given(name=st.sampled_from(["t_number", "t_instant", "t_day", "t_flag", "t_one", "t_many"]), data=st.data())
def test_what_a_property_cannot_hold_is_refused_and_changes_nothing(api, name, data) -> None:
    nonsense = data.draw(st.sampled_from(["tomorrow", "purple", "12-", "2026-13-01", "yes please", "red,green"]))
    sent, answered = apart({name: data.draw(SENT_AND_ANSWERED[name])})
    ticket = api.make(sent)
    url = f"{api.running.url}/crm/v3/objects/tickets/{ticket}"
    answer = api.session.patch(url, json={"properties": {name: nonsense, "t_text": "kept out"}}, timeout=5)
    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")
    assert fields_of(api.get(ticket)) == dict.fromkeys(FIELDS) | answered
