"""A served portal, a folder with mappings and a ledger, and the flows run against them as the commands do."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from hubspot_sandbox.server import Running, serve
from hubspot_sla.flows.context import learned, portal_binding, versions_in_force
from hubspot_sla.flows.context.context import Context, wired
from hubspot_sla.flows.context.settings import Settings
from hubspot_sla.flows.installation import setup
from hubspot_sla.flows.installation.starter_set import copy_starter
from hubspot_sla.flows.reading import own_properties, policy_versions
from hubspot_sla.flows.runs import sync as syncing
from hubspot_sla.hubspot.credentials import Token
from hubspot_sla.hubspot.current_time import ClockMode
from hubspot_sla.hubspot.key_references import reference, references_in
from hubspot_sla.hubspot.portal import Portal as Client
from hubspot_sla.hubspot.rate_limits import Limits
from hubspot_sla.hubspot.retry import Patience
from hubspot_sla.hubspot.transport import Transport
from hubspot_sla.ledger import audit, audit_verification, database
from hubspot_sla.plan.actions import CreateTask, WriteProperties
from hubspot_sla.plan.records import RecordRef
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.properties import Group, Property
    from hubspot_sandbox.request_log import Request
    from hubspot_sla.flows.sending.commit import RunStats
    from hubspot_sla.plan.actions import Action

TOKEN = "pat-eu1-11111111-2222-3333-4444-555555555555"
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""A Monday, nine o'clock in Berlin."""

POLICIES = """\
policies:
  - id: gold
    when: {pipeline: Support Pipeline, tier: gold}
    calendar: always
    targets: {first_response: 30m, resolution: 6h}
  - id: support
    when: {pipeline: Support Pipeline}
    calendar: always
    targets:
      first_response: {HIGH: 1h, default: 4h}
      resolution: {HIGH: 8h, default: 24h}
  - id: onboarding
    when: {pipeline: Onboarding}
    calendar: always
    targets: {first_response: 2h, resolution: 48h}
"""
"""Round figures on a calendar without nights; nothing for Billing."""


@dataclass
class World:
    """`running` may be replaced by another server of the same portal, as after an outage."""

    running: Running
    folder: Path
    now: datetime = NOW
    _served: list[Running] = field(default_factory=list)

    @property
    def portal(self) -> Portal:
        return self.running.portal

    def settings(self, token: str = TOKEN) -> Settings:
        return Settings(
            Token(token),
            base_url=self.running.url,
            mappings=self.folder / "mappings",
            jobs=self.folder / "jobs",
            ledger=self.folder / "ledger.db",
            backups=self.folder / "backups",
            reports=self.folder / "reports",
            clock=ClockMode.HUBSPOT,
        )

    @contextmanager
    def impatient(self, version: str = "2026-09") -> Iterator[Context]:
        """Parts that wait for nothing: their clock moves when they sleep."""
        elapsed = [0.0]

        def sleep(seconds: float) -> None:
            elapsed[0] += seconds

        settings = self.settings()
        with (
            database.open_for_writing(settings.ledger) as ledger,
            Client(
                Transport(
                    settings.base_url,
                    settings.needed_token(),
                    version=version,
                    limits=Limits(sleep=sleep, monotonic=lambda: elapsed[0]),
                    patience=Patience(jitter=lambda: 0.0),
                    sleep=sleep,
                    clock=settings.clock,
                )
            ) as client,
        ):
            learned.take_up(ledger.db, client.transport, settings.share)
            yield Context(settings, ledger, client)

    def serve_again(self) -> None:
        """The same portal, back at another address."""
        self.running.close()
        self.running = serve(self.portal, token=TOKEN, enforce_limits=False)
        self._served.append(self.running)

    def close(self) -> None:
        for running in self._served:
            running.close()

    # What people do.

    def advance(self, **by: float) -> None:
        self.running.advance(timedelta(**by))
        self.now += timedelta(**by)

    def ticket(self, *, company: str | None = None, age: timedelta = timedelta(), **properties: str) -> str:
        """A new ticket in the Support pipeline, unless said otherwise."""
        given = {"subject": "Printer on fire", "hs_pipeline": "0", "hs_pipeline_stage": "1"} | properties
        created = self.now - age
        id_ = self.portal.create("tickets", given, at=created)
        if company is not None:
            self.portal.associate("tickets", id_, "companies", company, primary=True, at=created)
        return id_

    def change(self, ticket_id: str, **properties: str) -> None:
        self.portal.update("tickets", ticket_id, properties, at=self.now)

    def write_message(
        self, thread: str, actor: str = "", text: str = "", *, at: datetime | None = None, **more: object
    ) -> str:
        """As of `now`, which the worker's clock has surely reached: it is behind the portal's by up to a second."""
        return self.portal.write_message(thread, actor, text, at=at or self.now, **more)

    def write_comment(self, thread: str, actor: str, text: str = "") -> str:
        return self.portal.write_comment(thread, actor, text, at=self.now)

    def assign_thread(self, thread: str, actor: str) -> None:
        self.portal.assign_thread(thread, actor, at=self.now)

    def edit(self, name: str, change: Callable[[str], str]) -> None:
        """Rewrite one file of the mappings."""
        path = self.folder / "mappings" / name
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")

    # What the commands do, each with parts of its own.

    def set_up(self) -> None:
        with wired(self.settings()) as context:
            set_up(context)

    def go_live(self) -> None:
        """A portal without tickets, set up and synced at NOW. It is done once for the same mappings in a whole process;
        here its outcome is put in place."""
        assert self.now == NOW
        start = _live(tuple(texts_of(self.folder / "mappings")))
        (self.folder / "ledger.db").write_bytes(start.ledger)
        for object_type, catalogue in self.portal._catalogues.items():
            catalogue._properties.update(start.properties[object_type])
            catalogue._groups.update(start.groups[object_type])

    def tear_down(self) -> dict[str, list[str]]:
        with wired(self.settings()) as context:
            portal_binding.bind_portal(context)
            return setup.tear_down(context)

    def sync(self, *, backfill: bool = False, token: str = TOKEN) -> RunStats:
        with wired(self.settings(token)) as context:
            return syncing.sync(context, backfill=backfill)

    def plan(self, *, backfill: bool = False) -> list[Action]:
        with wired(self.settings(), writing=False) as context:
            batches = syncing.plan(context, backfill=backfill)
            return [action for batch in batches for decision in batch.decisions for action in decision.actions]

    # What can be seen afterwards.

    def held(self, ticket_id: str) -> dict[str, str]:
        """Our properties on a ticket, without their prefix."""
        values = self.portal.read("tickets", ticket_id)
        return {name.removeprefix("sla_"): value for name, value in values.items() if name.startswith("sla_")}

    def all_held(self) -> dict[str, dict[str, str]]:
        return {id_: self.held(id_) for id_ in self.portal.ids("tickets")}

    def tasks(self) -> dict[str, list[dict[str, str]]]:
        """By ticket, without tickets that have none."""
        found = {id_: self.portal.tasks_of(id_) for id_ in self.portal.ids("tickets")}
        return {id_: tasks for id_, tasks in found.items() if tasks}

    def task_keys(self) -> list[str]:
        """The key of every task in the portal, whether or not it hangs on a ticket."""
        return self._keys(self._all("tasks"), "sla_task_key", "hs_task_body")

    def completed_task_keys(self) -> list[str]:
        completed = [task for task in self._all("tasks") if task.get("hs_task_status") == "COMPLETED"]
        return self._keys(completed, "sla_task_key", "hs_task_body")

    def note_keys(self) -> list[str]:
        return self._keys(self._all("notes"), "sla_note_key", "hs_note_body")

    def _all(self, object_type: str) -> list[dict[str, str]]:
        return [self.portal.read(object_type, id_) for id_ in self.portal.ids(object_type)]

    def _keys(self, records: list[dict[str, str]], marker: str, text: str) -> list[str]:
        """From the marker property; without one, whose reference stands in the text, as far as the outbox knows it."""
        if all(marker in record for record in records):
            return sorted(record[marker] for record in records)
        known = {reference(str(key)): str(key) for (key,) in self.rows("select key from outbox")}
        references = [references_in(record.get(text, "")) for record in records]
        by_text = [next((known.get(one, one) for one in found), "") for found in references]
        return sorted(record.get(marker) or key for record, key in zip(records, by_text, strict=True))

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with database.open_for_reading(self.folder / "ledger.db") as ledger:
            return [tuple(row) for row in ledger.db.execute(query)]

    def entries(self, kind: str | None = None, ticket_id: str | None = None) -> list[dict[str, Any]]:
        """The bodies of audit entries with their texts, oldest first."""
        record = None if ticket_id is None else RecordRef.of(ticket_id)
        with database.open_for_reading(self.folder / "ledger.db") as ledger:
            return [entry.body for entry in audit.log(ledger.db, kind=kind, record=record, last=1_000_000)]

    def require_whole_chain(self) -> None:
        with database.open_for_reading(self.folder / "ledger.db") as ledger:
            audit_verification.require_whole(ledger.db)


def set_up(context: Context) -> None:
    portal_binding.bind_portal(context)
    new = policy_versions.candidate(context)
    version = new.version if new else versions_in_force.in_force(context.ledger.db)[-1]
    setup.set_up(context, new, own_properties.plan_setup(context, version.mappings))


@dataclass(frozen=True, slots=True)
class LiveStart:
    """What a set-up and a first sync leave behind where there are no tickets; definitions by object type and name."""

    ledger: bytes
    properties: Mapping[str, Mapping[str, Property]]
    groups: Mapping[str, Mapping[str, Group]]


def texts_of(mappings: Path) -> list[tuple[str, str]]:
    """The name and text of each file."""
    files = sorted(file for file in mappings.rglob("*") if file.is_file())
    return [(str(file.relative_to(mappings)), file.read_text(encoding="utf-8")) for file in files]


@cache
def _live(mappings: tuple[tuple[str, str], ...]) -> LiveStart:
    """`mappings`: the name and text of each file."""
    with TemporaryDirectory() as folder:
        made = world(copied_portal(NOW, tickets=0), Path(folder))
        for name, _ in texts_of(made.folder / "mappings"):
            (made.folder / "mappings" / name).unlink()
        for name, text in mappings:
            (made.folder / "mappings" / name).write_text(text, encoding="utf-8")
        made.set_up()
        made.sync()
        made.close()
        catalogues = made.portal._catalogues
        return LiveStart(
            (made.folder / "ledger.db").read_bytes(),
            {name: dict(catalogue._properties) for name, catalogue in catalogues.items()},
            {name: dict(catalogue._groups) for name, catalogue in catalogues.items()},
        )


def written_by(actions: list[Action]) -> dict[str, dict[str, str]]:
    """Ticket id to the properties a plan would write."""
    return {action.record.record_id: dict(action.changes) for action in actions if isinstance(action, WriteProperties)}


def tasks_of(actions: list[Action]) -> list[str]:
    return sorted(action.key for action in actions if isinstance(action, CreateTask))


def world(source: Portal, folder: Path, policies_yaml: str | None = POLICIES) -> World:
    """Serve `source` with its clock standing still; the starter mappings, with other policies where given."""
    copy_starter(folder)
    portal_yaml = folder / "mappings" / "portal.yaml"  # whatever a test asks of its policies later needs no `sla setup`
    portal_yaml.write_text(portal_yaml.read_text("utf-8").replace("set: lean", "set: full"), encoding="utf-8")
    if policies_yaml is not None:
        (folder / "mappings" / "policies.yaml").write_text(policies_yaml, encoding="utf-8")
    source.clock.freeze()
    running = serve(source, token=TOKEN, enforce_limits=False)
    made = World(running, folder)
    made._served.append(running)
    return made


def fail_after(running: Running, requests: int, what: Callable[[], None], *, kind: str = "") -> None:
    """Do `what` in the server, once that many further requests have been carried out and before the answer leaves.

    `kind` counts requests of that kind only: a write and the look for tasks are in flight together, in either order.
    """
    ended = running.request_log.end
    seen = [0]

    def end(request: Request, *arguments: object, **more: object) -> None:
        ended(request, *arguments, **more)
        seen[0] += not kind or request.kind == kind
        if seen[0] == requests:
            what()

    running.request_log.end = end


def pull_the_plug(running: Running) -> None:
    """The server is gone: every connection is cut, and no new one accepted."""
    for listening in running._server.servers:
        listening.close()
    for connection in list(running._server.server_state.connections):
        connection.transport.abort()


def environment(made: World, token: str = TOKEN) -> dict[str, str]:
    """For a process of ours."""
    measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}  # make coverage
    return measured | {
        "PATH": os.environ["PATH"],
        "HUBSPOT_TOKEN": token,
        "HUBSPOT_BASE_URL": made.running.url,
        "SLA_MAPPINGS": str(made.folder / "mappings"),
        "SLA_JOBS": str(made.folder / "jobs"),
        "SLA_LEDGER": str(made.folder / "ledger.db"),
        "SLA_BACKUPS": str(made.folder / "backups"),
        "SLA_REPORTS": str(made.folder / "reports"),
        "SLA_CLOCK": "hubspot",
    }
