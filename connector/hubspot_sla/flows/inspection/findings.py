"""What `sla check` has to say about mappings that are right, offline: worked out once, and kept until anything that it
follows from is another: a file, the version in force, the day, this program, or a library of dates."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from hubspot_sla.errors import LedgerUnusable, MappingInvalid, Problem
from hubspot_sla.flows.context.start_cache import StartCache, key_of
from hubspot_sla.policy.mapping_files import CONTRACTS, TESTS, spelling_in, spelling_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from hubspot_sla.flows.context.kept_shapes import Shape
    from hubspot_sla.flows.context.settings import Settings
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.policy_set import Policy

_KIND: Final = "findings"
_DAY_MS: Final = 86_400_000
_CSV: Final = re.compile(r"""csv["']?\s*:\s*["']?([^\s,}"'#]+)""")


@dataclass(frozen=True, slots=True)
class Findings:
    """`policies` are rows of words: id, kind, for whom, calendar, targets. `lines` describe metrics and ladders; `days`
    what 1bd means on each calendar; `notes` are right and good to know, `warnings` worth a second look."""

    version: str
    policies: Sequence[Sequence[str]]
    calendars: Sequence[str]
    metrics: Sequence[str]
    ladders: Mapping[str, Sequence[str]]
    channels: Mapping[str, str]
    lines: Sequence[str]
    days: Sequence[str]
    notes: Sequence[str]
    warnings: Sequence[Problem]


_PROBLEM: Final[Shape] = [str, int, int, str, str, str]
_SHAPE: Final[Shape] = {
    "at": int,
    "until": (int, None),
    "version": str,
    "policies": [[str, str, str, str, str]],
    "calendars": [str],
    "metrics": [str],
    "ladders": {"": [str]},
    "channels": {"": str},
    "lines": [str],
    "days": [str],
    "notes": [str],
    "warnings": [_PROBLEM],
}


def findings(settings: Settings, texts: Mapping[str, str], now: int) -> Findings:
    """Offline. `texts` are those of the mappings, `now` epoch ms. Raises MappingInvalid."""
    cache = StartCache(settings.cache)
    key = _key(settings, texts, now)
    kept = cache.recall(_KIND, key, _SHAPE) if key else None
    if kept is not None and kept["at"] <= now < (now + 1 if kept["until"] is None else kept["until"]):
        return _restored(kept)
    from hubspot_sla.flows.context.loaded_mappings import load_mappings

    loaded = load_mappings(texts)
    found = found_in(loaded, texts, now, settings)
    if key:
        cache.store(_KIND, key, _kept(found) | {"at": now, "until": _until(loaded, now)})
    return found


def found_in(
    mappings: Mappings,
    texts: Mapping[str, str],
    now: int,
    settings: Settings,
    from_portal: Sequence[Problem] | None = None,
) -> Findings:
    """With what the portal says, where it was asked. Raises MappingInvalid: the form of tests.yaml is wrong."""
    from hubspot_sla.flows.inspection.message_edits import message_edit_notes
    from hubspot_sla.policy.review import business_days_of, notes_about, warnings_about

    policy_set = mappings.policy_set
    return Findings(
        mappings.version,
        [_row(policy) for policy in policy_set.policies],
        sorted(mappings.calendars),
        sorted(policy_set.defined),
        {name: [rung.name for rung in ladder.rungs] for name, ladder in policy_set.escalations.ladders.items()},
        {name: channel.kind for name, channel in policy_set.escalations.channels.items()},
        [*_metrics(mappings), *_ladders(mappings)],
        [str(day) for day in business_days_of(mappings)],
        [
            *notes_about(mappings, texts, now),
            *_about_tests(settings.mappings, mappings),
            *message_edit_notes(settings.ledger, mappings),
        ],
        warnings_about(mappings, texts, now, from_portal, missing_feeds(settings.mappings, mappings)),
    )


def missing_feeds(folder: Path, mappings: Mappings) -> list[str]:
    """The files of feeds that do not lie in `folder`."""
    files = (place.file for place in mappings.contracts.feeds.values() if place.file)
    return sorted({file for file in files if not (folder / file).is_file()})


def _feed_files(folder: Path, texts: Mapping[str, str]) -> Iterator[str]:
    """Whatever may be the file of a feed, and whether it is there: the mappings are not loaded yet."""
    for name in sorted(set(_CSV.findall(texts.get(spelling_in(texts, CONTRACTS), "")))):
        yield f"{name} {'is' if (folder / name).is_file() else 'is not'}"


def _key(settings: Settings, texts: Mapping[str, str], now: int) -> str:
    """Warnings go by the day, notes on messages by the version in force. "": nobody can say which version of the ledger
    that is, as whoever reads on will say."""
    files = [part for name in sorted(texts) for part in (name, texts[name])]
    feeds = _feed_files(settings.mappings, texts)
    try:
        in_force = _version_in_force(settings.ledger)
    except LedgerUnusable:
        return ""
    return key_of(str(now // _DAY_MS), in_force, *_tests(settings.mappings), *feeds, *files)


def _tests(folder: Path) -> Iterator[bytes]:
    """Both spellings, whether they are there or not."""
    for name in (TESTS, TESTS.replace(".yaml", ".yml")):
        file = folder / name
        try:
            yield b"is " + file.read_bytes()
        except OSError as error:
            yield f"is not: {error.errno}".encode()


def _version_in_force(ledger: Path) -> str:
    if not ledger.is_file():
        return ""
    from hubspot_sla.ledger import versions
    from hubspot_sla.ledger.database import open_for_reading

    with open_for_reading(ledger) as opened:
        latest = versions.latest(opened.db)
    return latest.version if latest else ""


def _until(mappings: Mappings, now: int) -> int | None:
    """When a policy goes out of force, which is a warning from then on."""
    ends = [policy.to_ms for policy in mappings.policy_set.policies if policy.to_ms is not None and policy.to_ms > now]
    return min(ends, default=None)


def _kept(found: Findings) -> dict[str, Any]:
    body = {field.name: getattr(found, field.name) for field in fields(found)}
    return body | {"warnings": [list(asdict(warning).values()) for warning in found.warnings]}


def _restored(kept: Mapping[str, Any]) -> Findings:
    body = {field.name: kept[field.name] for field in fields(Findings)}
    return Findings(**body | {"warnings": [Problem(*warning) for warning in kept["warnings"]]})


def _about_tests(folder: Path, mappings: Mappings) -> list[str]:
    """MappingInvalid: the form of tests.yaml is wrong. A name that the mappings no longer have is wrong only to who
    runs the tests."""
    if not _has_tests(folder):
        return []
    from hubspot_sla.flows.inspection.mapping_tests import StaleTests, tests_in

    try:
        tests_in(folder, mappings)
    except StaleTests as stale:
        return [f"{stale.problems[0]}. `sla test` shows {len(stale.problems)} such"]
    return []


def _has_tests(folder: Path) -> bool:
    spelled_twice: list[Problem] = []
    found = (folder / spelling_of(folder, TESTS, spelled_twice)).exists()
    if spelled_twice:
        raise MappingInvalid(spelled_twice)
    return found


def _row(policy: Policy) -> list[str]:
    from hubspot_sla.plan.records import TICKETS

    whose = str(policy.when) if policy.object_type == TICKETS else f"{policy.object_type}: {policy.when}"
    targets = "; ".join(f"{clock.key} {target}" for clock, target in policy.targets.items())
    return [policy.id, policy.kind.value, whose, policy.calendar.name, targets]


def _metrics(mappings: Mappings) -> list[str]:
    """What each metric of the file times, `metric restored: starts when ...`."""
    from hubspot_sla.policy.defined_metrics import described

    return [f"metric {name}: {described(metric)}" for name, metric in mappings.policy_set.defined.items()]


def _ladders(mappings: Mappings) -> list[str]:
    """What each ladder that a policy climbs has, `standard: breach, +4h, +1bd`."""
    from hubspot_sla.clock.metrics import Metric

    policy_set = mappings.policy_set
    used = {
        ladder.name: ladder
        for policy in policy_set.policies
        for ladder in (policy_set.ladder(policy, metric) for metric in (*Metric, *policy.metrics))
    }
    return [
        f"ladder {name}: {', '.join(rung.name for rung in ladder.rungs) or 'nothing'}" for name, ladder in used.items()
    ]
