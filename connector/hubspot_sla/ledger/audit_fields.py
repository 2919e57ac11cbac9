"""What of an audit entry may stand in the chain for ever, and what stands outside it, where it can be removed. Pure.

The table names what may: ids, instants, numbers, and the words of the mappings and of HubSpot's schema. Whatever is
not in it is taken for a text that somebody wrote or reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CLEAR: Final = frozenset(
    {
        # what an entry is about and refers to
        *("key", "entry", "id", "created", "companies", "contacts", "absorbed", "merged_into", "primary", "dropped"),
        *("mappings", "version", "files", "rules", "cause", "from", "to", "go_live_at", "seen_at", "updated_at", "at"),
        *("judged_until", "now", "waiver", "pipeline", "since", "until", "expires_at", "stops"),
        *("erased", "entries", "owners"),
        *("restated", "period", "edition", "zone", "outcomes", "counted", "unknown", "rows"),
        *("contract", "currency", "owed", "payable", "promises", "objective", "on", "amount"),
        *("calendar_data", "libraries", "holidays", "tzdata"),
        # verdicts
        *("after", "agreements", "status", "policy", "tier", "source", "target", "calendar", "kind", "place"),
        *("started_at", "due_at", "at_risk_at", "stopped_at", "ended_at", "breached_at", "withdrawn_at"),
        *("first_stopped_at", "reopened", "inferred", "withdrawn", "cycle", "cycles", "number"),
        # rungs and actions
        *("rungs", "plan", "rung", "rung_key", "clock", "ladder", "level", "nth", "state", "channel", "outcome"),
        *("owner_id", "task_key", "task_id", "note_id", "keys"),
        # everything else
        *("name", "became", "step", "what", "word", "made", "archived", "groups", "tickets", "tasks", "notes"),
    }
)
FREE_KEYS: Final = frozenset({"after", "agreements", "calendar_data"})
"""What maps names of clocks, of kinds of policies, of zones and holidays to values of their own."""

Body = dict[str, Any]


def parted(body: Mapping[str, object]) -> tuple[Body, Body]:
    """The part of a body that may stand in the chain, and the rest, in the same shape."""
    clear: Body = {}
    texts: Body = {}
    for key, value in body.items():
        if key not in CLEAR:
            texts[key] = value
            continue
        clear[key], rest = _parted_value(key, value)
        if rest:
            texts[key] = rest
    return clear, texts


def _parted_value(key: str, value: object) -> tuple[object, Body]:
    if isinstance(value, dict):
        if key not in FREE_KEYS:
            return parted(value)
        return _parted_items(value.items())
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        items, rest = _parted_items((str(place), item) for place, item in enumerate(value))
        return list(items.values()), rest
    return value, {}


def _parted_items(items: Iterable[tuple[str, object]]) -> tuple[Body, Body]:
    both = {name: parted(item) if isinstance(item, dict) else (item, {}) for name, item in items}
    return {name: clear for name, (clear, _) in both.items()}, {name: rest for name, (_, rest) in both.items() if rest}


def joined(clear: Mapping[str, object], texts: Mapping[str, object]) -> Body:
    """The body as it was before it was parted; without its texts, where they were removed."""
    body: Body = dict(clear)
    for key, rest in texts.items():
        body[key] = _joined_value(clear[key], rest) if key in clear else rest
    return body


def _joined_value(value: object, rest: object) -> object:
    if isinstance(value, dict) and isinstance(rest, dict):
        return joined(value, rest)
    if isinstance(value, list) and isinstance(rest, dict):
        return [_joined_value(item, rest.get(str(place), {})) for place, item in enumerate(value)]
    return rest if rest else value
