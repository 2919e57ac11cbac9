"""The whole worker over a log that goes on, in virtual time: its own loop, jobs from files, ladders, notifications.

The worker is started anew again and again, HubSpot and the receiver of notifications have bad hours, processes die in
the middle of them, and now and then nothing runs for days. What is kept of it is when which ticket was looked at.
"""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING
from unittest.mock import patch

from channels.receivers import Answer, Receiver
from flows.world import TOKEN, World, set_up
from hubspot_sandbox.load import load_portal
from hubspot_sandbox.server import serve
from hubspot_sla.flows.installation.starter_set import copy_starter
from hubspot_sla.flows.sending import commit
from hubspot_sla.flows.worker import worker
from hubspot_sla.flows.worker.job_files import JobFile, discover
from proofs import people, rung_promises
from proofs.machine import Dying, Stopped
from proofs.rung_oracle import Said, Ticket
from proofs.small import compiled_once
from proofs.wiring import virtual

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.context.settings import Settings
    from hubspot_sla.ledger.database import Ledger

OURS = "INTEGRATION"
SETTLED = timedelta(hours=26)
"""So long after a bad time every lane has been through."""
CADENCE = {
    "sync": "every(75).minutes",
    "deliver": "every(50).minutes",
    "slow_lane": "every(5).hours",
    "refresh": "every(1).days",
}
LANES = (*CADENCE, "watch", "sweep")


@dataclass(slots=True)
class Kept:
    """What was seen of the replay. `looks`: when each ticket was judged and that was recorded; `calm`: when a sync came
    to its end, and nothing had been wrong for long (epoch ms)."""

    looks: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    calm: list[int] = field(default_factory=list)
    starts: int = 0
    deaths: int = 0
    bad_hours: int = 0
    failed_runs: int = 0


class Nap:
    """The worker's wish to end, and its sleep: the portal's clock goes on, up to the end of its time."""

    def __init__(self, year: Year, ends_at: datetime) -> None:
        self._year, self._ends_at = year, ends_at

    def is_set(self) -> bool:
        return self._year.world.now >= self._ends_at

    def wait(self, timeout: float) -> bool:
        self._year.go_to(min(self._year.world.now + timedelta(seconds=max(timeout, 0.001)), self._ends_at))
        return self.is_set()


class Year:
    """A context manager. `log` is a folder as `load_portal` reads it, `folder` holds portal.yaml, tiers.yaml and
    tiers.csv in `mappings` and becomes the worker's."""

    def __init__(self, log: Path, folder: Path, begin: datetime, seed: int = 1) -> None:
        portal = load_portal(log, begin, replay=True)
        portal.clock.freeze()
        self._random = Random(seed)  # noqa: S311 - which bad day, not a secret
        self.world = World(serve(portal, token=TOKEN, enforce_limits=False), folder, begin)
        self.world.running.set_clock(begin)
        self.receiver = Receiver()
        self.kept = Kept()
        self._good_since = begin
        self._bad = False
        self._lay_out(folder)
        self._jobs = [self._ticking(job) for job in discover(folder / "jobs")[0]]

    def _lay_out(self, folder: Path) -> None:
        mappings = folder / "mappings"
        for name in ("calendars", "policies", "escalations"):
            (mappings / f"{name}.yaml").write_text(getattr(rung_promises, name.upper()), encoding="utf-8")
        copy_starter(folder)
        for path in (folder / "jobs").glob("*.py"):
            if path.stem not in LANES:
                path.unlink()
            elif path.stem in CADENCE:
                text = path.read_text(encoding="utf-8")
                plan = text.partition("scheduler.")[2].partition("\n")[0]
                path.write_text(text.replace(plan, CADENCE[path.stem]), encoding="utf-8")

    def __enter__(self) -> Year:
        self._open = ExitStack()
        self._open.callback(self.world.running.close)
        self._open.callback(self.receiver.close)
        self._open.enter_context(compiled_once())
        self._open.enter_context(patch.object(worker, "LONGEST_NAP_S", 7 * 86_400.0))
        self._open.enter_context(patch.object(commit, "write", self._recording(commit.write)))
        with virtual(self._settings(), self._now) as context:
            set_up(context)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def run(self, until: datetime) -> Kept:
        """Days of work, with an hour or two in which HubSpot is unwell, or half a week in which nobody works."""
        while self.world.now < until:
            self._work_until(min(self.world.now + timedelta(hours=self._random.randint(30, 140)), until))
            if self.world.now >= until:
                break
            if self._random.random() < 0.7:
                with self._bad_time():
                    self._work_until(min(self.world.now + timedelta(minutes=self._random.randint(20, 150)), until))
            else:
                self.go_to(min(self.world.now + timedelta(minutes=self._random.randint(20, 5000)), until))
        self._work_until(self.world.now + SETTLED)
        return self.kept

    @contextmanager
    def _bad_time(self) -> Iterator[None]:
        fault = dict(self._random.choice(people.BAD_DAYS))
        self.world.running.faults.add(fault.pop("fault"), seed=self._random.randint(0, 99), **fault)
        for path in ("/hook", "/pager"):
            self.receiver.always(path, self._random.choice((Answer(503), Answer(reset=True), Answer(429), Answer())))
        self._bad = True
        self.kept.bad_hours += 1
        try:
            yield
        finally:
            self._bad = False
            self._good_since = self.world.now
            self.world.running.faults.clear()
            for path in ("/hook", "/pager"):
                self.receiver.always(path, Answer())

    def _work_until(self, ends_at: datetime) -> None:
        """One worker after the other: in a bad time the first of them dies somewhere on the way."""
        dying = Dying(self._random.randint(1, 60)) if self._bad and self._random.random() < 0.6 else _alive
        while self.world.now < ends_at:
            self.kept.starts += 1
            try:
                with virtual(self._settings(), self._now, dying) as context:
                    worker.Worker(context, self._jobs, Nap(self, ends_at)).run()
            except Stopped:
                self.kept.deaths += 1
                dying = _alive
                self.go_to(self.world.now + timedelta(milliseconds=1))

    def _ticking(self, job: JobFile) -> JobFile:
        """Time goes on between two jobs, so that what one of them wrote is older than what the next one sees."""

        def run(context: Context) -> object:
            try:
                outcome = job.run(context)
            except Exception:
                self.kept.failed_runs += 1
                assert self._bad, "nothing was wrong with HubSpot"
                raise
            else:
                if job.name == "sync" and not self._bad and self.world.now - self._good_since > SETTLED:
                    self.kept.calm.append(self._now())
            finally:
                self.go_to(self.world.now + timedelta(milliseconds=1))
            return outcome

        return replace(job, run=run)

    def _recording(self, write: object) -> object:
        def written(ledger: Ledger, batch: commit.Batch, *, run_id: str, at: int) -> None:  # type: ignore[name-defined]
            write(ledger, batch, run_id=run_id, at=at)  # type: ignore[operator]
            for decision in batch.decisions:
                insort(self.kept.looks[decision.record.ref.record_id], decision.at)

        return written

    def go_to(self, instant: datetime) -> None:
        self.world.running.set_clock(instant)
        self.world.now = instant

    def _now(self) -> int:
        return self.world.portal.clock.now_ms()

    def _settings(self) -> Settings:
        told = {"HOOK_URL": f"{self.receiver.url}/hook", "PAGER_URL": f"{self.receiver.url}/pager", "HOOK_SECRET": "s"}
        return replace(self.world.settings(), variables=told)

    # What HubSpot shows in the end.

    def ticket(self, id_: str, labels: dict[str, str], tier: str | None) -> Ticket:
        """Its history, with what the worker wrote marked as such."""
        created = to_ms(self.world.portal.read("tickets", id_)["createdate"])
        stages, priorities, owners = (
            [Said(one.at_ms, one.value, one.source == OURS) for one in self._history(id_, name)]
            for name in ("hs_pipeline_stage", "hs_ticket_priority", "hubspot_owner_id")
        )
        return Ticket(id_, created, [replace(one, value=labels[one.value]) for one in stages], priorities, owners, tier)

    def _history(self, id_: str, name: str) -> Sequence[object]:
        return self.world.portal.history("tickets", id_, name)[::-1]


def _alive(_point: str) -> None:
    """This one lives."""


def to_ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)
