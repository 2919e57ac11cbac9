"""Is it working? One answer for `sla status` and for `/healthz`, from the ledger alone.

It works when the newest sync that ended succeeded and is not older than it should be: 15 minutes, or what the worker
that holds the ledger has noted, three of the intervals at which it runs its main job and at least five minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.errors import ComeBackLater, WrongInput
from hubspot_sla.flows.context.duration_text import span
from hubspot_sla.ledger import lease, runs, state

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from hubspot_sla.ledger.lease import Lease

SYNC: Final = "sync"
WITHIN_MS: Final = 15 * 60_000
INTERVALS: Final = 3
LEAST_MS: Final = 5 * 60_000
"""However short the interval of a worker is, it is not called silent sooner."""
REFUSED: Final = "correct the files: `sla check --portal` shows each place; until then nothing of the edit counts"
RESTART: Final = "start `sla worker` again (nothing is lost); its last log lines and the system's log say why it ended"


@dataclass(frozen=True, slots=True)
class Working:
    """`exit_code` 0: all is well. `verdict` says so in one line, `remedy` what to do where it is not; `last_success_at`
    (epoch ms) is when a sync last ended well. With edited mappings that are refused it works, and the code is 2."""

    verdict: str
    exit_code: int = 0
    remedy: str = ""
    last_success_at: int | None = None
    mappings_refused: bool = False

    @property
    def working(self) -> bool:
        return self.exit_code == 0 or self.mappings_refused


@dataclass(frozen=True, slots=True)
class _Watch:
    """Which jobs count, and for how long none of them may have ended well."""

    jobs: Sequence[str] = (SYNC,)
    within_ms: int = WITHIN_MS


def note_jobs(db: sqlite3.Connection, jobs: Sequence[str], interval_ms: int) -> None:
    """For a worker that begins: the jobs it counts by (`sync`, or all where none is called so), and the longest of
    their intervals (epoch ms; 0 where they have none)."""
    allowed_ms = max(LEAST_MS, INTERVALS * interval_ms)
    state.write(db, state.WATCHED, orjson.dumps({"jobs": list(jobs), "within_ms": allowed_ms}).decode())


def working(db: sqlite3.Connection, now: int, wall: int, *, within_ms: int | None = None) -> Working:
    """As of `now`, HubSpot's time; `wall` is this machine's, by which leases end (epoch ms). `within_ms`: how old the
    last good sync may be, None for what the running worker has noted."""
    if state.read_instant(db, state.GO_LIVE) is None:
        return Working("NOT working: this portal is not set up", 2, "run `sla setup`")
    standing = lease.standing(db)
    watch = _watch(db, standing, wall)
    allowed_ms = watch.within_ms if within_ms is None else within_ms
    late = ComeBackLater.exit_code
    ended = [run.ended_at for job in watch.jobs if (run := runs.last_success(db, job)) is not None]
    good_at = max((at for at in ended if at is not None), default=None)
    since = "no sync has ever ended well" if good_at is None else f"last sync {span(now - good_at)} ago"
    if standing is not None and standing.left_behind():
        return Working(f"NOT working: {since}, and {standing.holder} was killed or crashed", late, RESTART, good_at)
    newest = next((run for run in runs.last(db) if run.command in watch.jobs), None)
    if newest is not None and newest.error is not None:
        code = newest.exit_code or 1
        return Working(f"NOT working: {since}, then {newest.error}", code, "`sla doctor` says what is wrong", good_at)
    if good_at is None or now - good_at > allowed_ms:
        remedy = "is `sla worker` running? see its log, or run `sla sync`"
        return Working(f"NOT working: {since}", late, remedy, good_at)
    if newest is not None and newest.refused is not None:
        verdict = f"working: {since}, by the mappings before the last edit, which is refused: {newest.refused}"
        return Working(verdict, WrongInput.exit_code, REFUSED, good_at, mappings_refused=True)
    return Working(f"working: {since}", last_success_at=good_at)


def _watch(db: sqlite3.Connection, standing: Lease | None, wall: int) -> _Watch:
    """Of the worker that holds the ledger this moment; that of cron and of commands where none does."""
    text = state.read(db, state.WATCHED)
    if text is None or standing is None or not standing.lives(wall) or standing.left_behind():
        return _Watch()
    noted = orjson.loads(text)
    return _Watch(tuple(noted["jobs"]), noted["within_ms"])
