"""Views for people with plain SQLite: what was kept, by person and by customer; pauses, rungs and closed months.

Their counts are those of `measure.attainment`, of all that customers are promised (`kind = 'sla'`), whatever the
period; a test holds them equal to a report. Instants are in ISO 8601, durations in seconds.
"""

from __future__ import annotations

from typing import Final

from hubspot_sla.clock.verdict import Status
from hubspot_sla.ledger.clock_parts import AGREEMENT_OF_CLOCK, KIND_OF_CLOCK, METRIC_OF_CLOCK, PLACE_OF_CLOCK
from hubspot_sla.ledger.report_rows import COUNTED_AT
from hubspot_sla.ledger.views import OUTCOMES_NAMED, instant
from hubspot_sla.measure.standing import Standing, standing

_STANDS: Final = {
    status: standing(status, None)
    for status in (
        *(Status.MET, Status.MISSED, Status.BREACHED, Status.RUNNING, Status.AT_RISK),
        *(Status.PAUSED, Status.PENDING),
    )
}
_WHENS: Final = " ".join(f"when o.status = '{status}' then '{stands}'" for status, stands in _STANDS.items())
STANDING: Final = f"case when o.excluded is not null then '{Standing.EXCLUDED}' {_WHENS} end"
"""`measure.standing.standing` in SQL."""

_ADDED: Final = f", {STANDING} as standing, {instant(f'({COUNTED_AT})', 'counted_at')}, o.met_by_pauses, o.waived_by"
_OUTCOMES_NAMED: Final = OUTCOMES_NAMED.replace(" from outcomes as o ", f"{_ADDED} from outcomes as o ")

_COUNTS: Final = ", ".join(
    (
        "sum(standing in ('met', 'missed', 'late')) as judged",
        *(f"sum(standing = '{word}') as {word}" for word in Standing),
        "round(1.0 * sum(standing = 'met') / nullif(sum(standing in ('met', 'missed', 'late')), 0), 6) as attainment",
    )
)


def _newest(kind: str, id_: str) -> str:
    """The present name of an id; the id where it never had one."""
    names = f"select name from names where kind = '{kind}' and id = {id_} and name <> '' order by seen_at desc limit 1"
    return f"coalesce(({names}), {id_})"


def _counted(kind: str, id_: str) -> str:
    """Counts by owner or by company; null is nobody."""
    cycles = f"select o.{id_}, o.object_type, o.record_id, {STANDING} as standing from outcomes as o"
    number = "count(*) as cycles, count(distinct object_type || ':' || record_id) as records"
    return (
        f"select {id_}, {_newest(kind, id_)} as {kind}, {number}, {_COUNTS}"
        f" from ({cycles} where o.kind = 'sla') group by {id_}"
    )


_CLOCK: Final = (
    f"{KIND_OF_CLOCK} as kind, {AGREEMENT_OF_CLOCK} as agreement, {METRIC_OF_CLOCK} as metric,"
    f" {PLACE_OF_CLOCK} as place"
)
_USER: Final = "case when instr(author, 'userId:') > 0 then substr(author, instr(author, 'userId:') + 7) end"
_PAUSES: Final = (
    "select object_type, record_id, kind, agreement, metric, place, cycle, status, excluded, author,"
    f" coalesce((select name from names where kind = 'user' and id = {_USER} and name <> ''"
    " order by seen_at desc limit 1), author) as author_name,"
    " business_ms / 1000.0 as business_s, wall_ms / 1000.0 as wall_s, met_only from"
    " (select o.object_type, o.record_id, o.kind, o.agreement, o.metric, o.place, o.cycle, o.status, o.excluded,"
    " json_extract(p.value, '$[0]') as author, json_extract(p.value, '$[1]') as business_ms,"
    " json_extract(p.value, '$[2]') as wall_ms, json_extract(p.value, '$[3]') as met_only"
    " from outcomes as o, json_each(o.pauses) as p where o.pauses is not null)"
)
_RUNGS: Final = (
    f"select object_type, record_id, {_CLOCK}, cycle, ladder, rung, nth, level, state,"
    f" {instant('due_at')}, {instant('at', 'reached_at')}, reason, run_id from rungs"
)
_PERIODS: Final = (
    "select period, edition, edition = max(edition) over (partition by period) as newest,"
    f" {instant('since')}, {instant('until')}, zone, {instant('closed_at')}, closed_by, reason, cycles, judged,"
    " met, missed, late, excluded, attainment, entry from (select periods.id as number, count(o.id) as cycles,"
    f" {_COUNTS} from periods left join"
    f" (select id, closing, {STANDING} as standing from (select *, {KIND_OF_CLOCK} as kind from period_outcomes) as o"
    " where o.kind = 'sla') as o on o.closing = periods.id group by periods.id) join periods on periods.id = number"
)

FIGURE_VIEWS: Final = {
    "outcomes_named": _OUTCOMES_NAMED,
    "people": _counted("owner", "owner_id"),
    "customers": _counted("company", "company_id"),
    "pauses": _PAUSES,
    "rungs_reached": _RUNGS,
    "closed_periods": _PERIODS,
}
"""By name. Their columns are what other programs rely on."""
