"""Feeds that hold rows of another form than is measured of them: a time that was down is not read in values, and where
no row says otherwise all of it would be up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.contract.measuring import VALUES, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sla.feeds.availability_file import Availability
    from hubspot_sla.policy.written_contracts import WrittenContract

OUTAGES, REQUESTS, OF_VALUES = "outages", "requests", "values"
_FORMS: Final = {
    **dict.fromkeys((Kind.UPTIME, Kind.DOWNTIME, Kind.OUTAGES), OUTAGES),
    **dict.fromkeys((Kind.REQUESTS, Kind.REQUEST_RATES), REQUESTS),
    **dict.fromkeys((*VALUES, Kind.VALUES_WITHIN), OF_VALUES),
}


def without_other_forms(
    versions: Sequence[WrittenContract], feeds: Mapping[str, Availability]
) -> tuple[dict[str, Availability], list[str]]:
    """The feeds that count, and of each other why it does not. One without rows has any form."""
    others = _others(versions, feeds)
    return {name: feed for name, feed in feeds.items() if name not in others}, list(others.values())


def _others(versions: Sequence[WrittenContract], feeds: Mapping[str, Availability]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, objective, asked in _asked(versions):
        held = _form(feeds[name]) if name in feeds else ""
        if held and held != asked:
            found.setdefault(
                name, f"the feed {name} has rows of {held}, and {objective} measures {asked}: it is not read"
            )
    return found


def _asked(versions: Sequence[WrittenContract]) -> Iterator[tuple[str, str, str]]:
    """Feed, objective, and the form of rows that it needs."""
    for written in versions:
        for objective in written.terms.objectives:
            feed = written.sources[objective.id].feed
            if feed is not None:
                yield feed, objective.id, _FORMS[objective.measure.kind]


def _form(feed: Availability) -> str:
    rows = {OUTAGES: feed.outages, REQUESTS: feed.requests, OF_VALUES: feed.values}
    return next((form for form, own in rows.items() if own), "")
