"""What is promised in the replay of the rungs: once as mappings, for the worker, and once as figures, for the oracle.

Night shifts from Saturday to Sunday, so that both changes of clocks lie within business time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

MINUTE, HOUR = 60_000, 3_600_000

CALENDARS = """\
calendars:
  shifts:
    timezone: Europe/Berlin
    hours:
      mon: ["08:00-12:00", "13:00-18:00"]
      tue: ["08:00-18:00"]
      wed: ["08:00-18:00"]
      thu: ["08:00-18:00"]
      fri: ["08:00-18:00"]
      sat: ["22:00-06:00"]
    closed: [2016-03-28, 2016-05-16, 2016-12-26]
"""
ZONE = "Europe/Berlin"
SHIFTS = {0: ((8, 12), (13, 18)), 1: ((8, 18),), 2: ((8, 18),), 3: ((8, 18),), 4: ((8, 18),), 5: ((22, 30),)}
"""Weekday to hours of the wall clock; 30 is six the next morning."""
SHUT = {date(2016, 3, 28), date(2016, 5, 16), date(2016, 12, 26)}

POLICIES = """\
policies:
  - id: platinum
    when: {pipeline: Incidents, tier: platinum}
    calendar: always
    targets: {assignment: 1h, resolution: {URGENT: 4h, HIGH: 12h, default: 24h}}
    ladder: hasty
  - id: gold
    when: {pipeline: Incidents, tier: gold}
    calendar: shifts
    targets:
      assignment: 2h
      resolution: {URGENT: 4h, HIGH: 8h, default: 16h}
      stage: {Awaiting User Info: 20h}
    ladder: calm
  - id: others
    when: {pipeline: Incidents}
    calendar: shifts
    targets: {assignment: 4h, resolution: {URGENT: 6h, HIGH: 10h, LOW: 60h, default: 30h}}
    ladder: {resolution: standard, assignment: hasty}
"""

ESCALATIONS = """\
leads:
  agent2@support.example: agent4@support.example
  default: agent5@support.example
targets:
  hook: {webhook: {url_env: HOOK_URL, secret_env: HOOK_SECRET}}
  pager: {webhook: {url_env: PAGER_URL}, at_most: 3 per 12h}
ladders:
  standard:
    rungs:
      - {at: 75%, when: {hours: shifts}, do: [{task: owner}]}
      - {at: -30m, do: [{notify: hook}]}
      - {at: breach, do: [{task: lead}, {note: explanation}, {notify: hook}]}
      - {at: +2h, when: {priority: [MEDIUM, LOW]}, do: [{set: {hs_ticket_priority: HIGH}}, {reassign: lead}]}
      - {at: +4h, every: 4h, times: 3, do: [{task: "2"}, {notify: pager}]}
  hasty:
    late: fire
    rungs:
      - {at: 75%, do: [{task: owner}]}
      - {at: -30m, when: {outside: shifts}, do: [{notify: pager}]}
      - {at: breach, do: [{task: owner}, {notify: hook}]}
      - {at: +2h, do: [{task: lead}, {note: explanation}]}
      - {at: +4h, every: 4h, times: 3, name: again, do: [{notify: hook}]}
  calm:
    late: skip
    late_after: 45m
    rungs:
      - {at: 75%, do: [{notify: hook}]}
      - {at: -30m, do: [{note: explanation}]}
      - {at: breach, do: [{task: owner}, {set: {hs_ticket_priority: URGENT}}]}
      - {at: +2h, when: {priority: URGENT}, do: [{task: lead}]}
      - {at: +4h, every: 4h, times: 3, do: [{notify: hook}]}
"""


@dataclass(frozen=True)
class Rung:
    """`at` is a percentage or so many ms before due or after the breach, by `side`."""

    name: str
    side: str
    at: int
    deeds: tuple[str, ...]
    times: int = 1
    priorities: frozenset[str] = frozenset()
    open_: bool | None = None
    """Whether the shifts must be on, or off."""


@dataclass(frozen=True)
class Ladder:
    name: str
    rungs: tuple[Rung, ...]
    late: str = "once"
    patience: int = 15 * MINUTE


@dataclass(frozen=True)
class Goal:
    """One clock of a policy; `stage` is the label of the stage whose time it counts."""

    clock: str
    budgets: dict[str, int]
    ladder: Ladder
    always: bool = False
    stage: str = ""

    def budget(self, priority: str) -> int:
        return self.budgets.get(priority, self.budgets["default"])


def _hours(**by: int) -> dict[str, int]:
    return {name: hours * HOUR for name, hours in by.items()}


_SHARE, _BEFORE, _BREACH, _AFTER = "share", "before", "breach", "after"
EVERY = 4 * HOUR
STANDARD = Ladder(
    "standard",
    (
        Rung("75%", _SHARE, 75, ("task:owner",), open_=True),
        Rung("-30m", _BEFORE, 30 * MINUTE, ("notify:hook",)),
        Rung("breach", _BREACH, 0, ("task:lead", "note", "notify:hook")),
        Rung("+2h", _AFTER, 2 * HOUR, ("set:HIGH", "reassign"), priorities=frozenset({"MEDIUM", "LOW"})),
        Rung("+4h", _AFTER, 4 * HOUR, ("task:2", "notify:pager"), times=3),
    ),
)
HASTY = Ladder(
    "hasty",
    (
        Rung("75%", _SHARE, 75, ("task:owner",)),
        Rung("-30m", _BEFORE, 30 * MINUTE, ("notify:pager",), open_=False),
        Rung("breach", _BREACH, 0, ("task:owner", "notify:hook")),
        Rung("+2h", _AFTER, 2 * HOUR, ("task:lead", "note")),
        Rung("again", _AFTER, 4 * HOUR, ("notify:hook",), times=3),
    ),
    late="fire",
)
CALM = Ladder(
    "calm",
    (
        Rung("75%", _SHARE, 75, ("notify:hook",)),
        Rung("-30m", _BEFORE, 30 * MINUTE, ("note",)),
        Rung("breach", _BREACH, 0, ("task:owner", "set:URGENT")),
        Rung("+2h", _AFTER, 2 * HOUR, ("task:lead",), priorities=frozenset({"URGENT"})),
        Rung("+4h", _AFTER, 4 * HOUR, ("notify:hook",), times=3),
    ),
    late="skip",
    patience=45 * MINUTE,
)
LEADS = {"2": "4"}
ANY_LEAD = "5"


@dataclass(frozen=True)
class Promises:
    """By tier; "" for everybody else."""

    goals: dict[str, tuple[Goal, ...]] = field(
        default_factory=lambda: {
            "platinum": (
                Goal("assignment", _hours(default=1), HASTY, always=True),
                Goal("resolution", _hours(URGENT=4, HIGH=12, default=24), HASTY, always=True),
            ),
            "gold": (
                Goal("assignment", _hours(default=2), CALM),
                Goal("resolution", _hours(URGENT=4, HIGH=8, default=16), CALM),
                Goal("stage:Awaiting User Info", _hours(default=20), CALM, stage="Awaiting User Info"),
            ),
            "": (
                Goal("assignment", _hours(default=4), HASTY),
                Goal("resolution", _hours(URGENT=6, HIGH=10, LOW=60, default=30), STANDARD),
            ),
        }
    )

    def of(self, tier: str | None) -> tuple[Goal, ...]:
        return self.goals.get(tier or "", self.goals[""])
