"""A small, sound set of mappings, and a way to spoil one line of it."""

from __future__ import annotations

from dataclasses import dataclass, field

PORTAL = """\
pipelines:
  Support:
    New: open
    2: waiting
    Closed: {role: closed}
"""
CALENDARS = """\
calendars:
  office:
    timezone: Europe/Berlin
    hours: {mon: ["09:00-17:00"], tue: ["09:00-17:00"]}
    business_day: 8h
"""
TIERS = """\
ranks: [gold, silver]
sources:
  - company_property: customer_tier
  - csv: tiers.csv
"""
CSV = """\
company_id,tier,valid_from,valid_to
1,gold,2026-01-01,2026-06-01
1,silver,2026-06-01,
"""
POLICIES = """\
policies:
  - id: gold-support
    when: {pipeline: Support, tier: gold, priority: [HIGH, URGENT]}
    calendar: office
    targets:
      first_response: {URGENT: 15m, default: 1h}
      resolution: 2bd
  - id: rest
    calendar: always
    targets: {resolution: {HIGH: 1bd, default: none}}
"""


def texts(**changed: str) -> dict[str, str]:
    """The texts by file name; `portal=`, `calendars=`, `tiers=`, `policies=`, `csv=` replace one."""
    sound = {
        "portal.yaml": PORTAL,
        "calendars.yaml": CALENDARS,
        "tiers.yaml": TIERS,
        "tiers.csv": CSV,
        "policies.yaml": POLICIES,
    }
    names = {"csv": "tiers.csv"}
    return sound | {names.get(name, f"{name}.yaml"): text for name, text in changed.items()}


@dataclass(frozen=True)
class Stage:
    id: str
    label: str
    closed: bool = False


@dataclass(frozen=True)
class Pipeline:
    id: str
    label: str
    stages: tuple[Stage, ...] = field(default_factory=tuple)


SUPPORT = Pipeline("0", "Support", (Stage("1", "New"), Stage("2", "Waiting"), Stage("4", "Closed", closed=True)))
