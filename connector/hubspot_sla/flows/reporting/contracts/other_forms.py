"""Feeds that hold rows of another form than an objective measures: a time that was down is not read in values, and
where no row says otherwise all of it would be up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.contract.measuring import VALUES, Kind
from hubspot_sla.feeds.availability_file import Form

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sla.contract.terms import Objective
    from hubspot_sla.feeds.availability_file import Availability
    from hubspot_sla.policy.written_contracts import WrittenContract

_FORMS: Final = {
    **dict.fromkeys((Kind.UPTIME, Kind.DOWNTIME, Kind.OUTAGES), Form.OUTAGES),
    **dict.fromkeys((Kind.REQUESTS, Kind.REQUEST_RATES), Form.REQUESTS),
    **dict.fromkeys((*VALUES, Kind.VALUES_WITHIN), Form.VALUES),
}


def measures(feed: Availability, objective: Objective) -> bool:
    """Whether it holds what the objective asks for. One of which nothing says its form has any."""
    return feed.form in (None, _FORMS[objective.measure.kind])


def other_forms(versions: Sequence[WrittenContract], feeds: Mapping[str, Availability]) -> list[str]:
    """Which objectives ask another form than their feed has: these are not measured."""
    return list(
        dict.fromkeys(
            f"the feed {name} is one of {feeds[name].form}, and {objective.id} measures"
            f" {_FORMS[objective.measure.kind]}: it is not measured"
            for name, objective in _asked(versions)
            if name in feeds and not measures(feeds[name], objective)
        )
    )


def without_rows(versions: Sequence[WrittenContract], feeds: Mapping[str, Availability]) -> list[str]:
    """Which feeds of outages have none at all, so that all of the time counts as up: that is so where nothing ever was
    down, and where nothing was written."""
    names = {
        name: None
        for name, objective in _asked(versions)
        if name in feeds
        and not feeds[name].rows
        and not objective.each
        and _FORMS[objective.measure.kind] is Form.OUTAGES
        and measures(feeds[name], objective)
    }
    return [f"the feed {name} has no rows: nothing counts as down" for name in names]


def _asked(versions: Sequence[WrittenContract]) -> Iterator[tuple[str, Objective]]:
    """Each feed with an objective that it measures."""
    for written in versions:
        for objective in written.terms.objectives:
            feed = written.sources[objective.id].feed
            if feed is not None:
                yield feed, objective
