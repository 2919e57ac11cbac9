"""The figures of a report worked out a second time, row by row: with SciPy, and without anything of the product.

Rows are those of the ledger as it stood at the instant of the report; what they mean is said in docs/reference.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from proofs.report_arithmetic import (
    HOUR,
    add,
    attained,
    change,
    curve_of,
    instants,
    mean,
    median,
    month_back,
    ms,
    rank,
    share,
    spans,
    tenths,
    wilson,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence
    from zoneinfo import ZoneInfo

    from scipy.stats._survival import EmpiricalDistributionFunction

    from proofs.report_arithmetic import Row


class Oracle:
    """`months` are the local midnights at which the thirteen months begin, and the last one ends."""

    def __init__(self, db: sqlite3.Connection, zone: ZoneInfo, first: datetime, end: datetime, as_of: int) -> None:
        self.zone, self.start, self.end, self.as_of = zone, ms(first), ms(end), as_of
        self.months = [ms(month_back(end, back)) for back in range(13, -1, -1)]
        self.every: list[Row] = [dict(row) for row in db.execute("select * from outcomes where kind = 'sla'")]
        self.times: list[Row] = [dict(row) for row in db.execute("select * from outcome_time")]
        self.created = {
            row["record_id"]: ms(datetime.fromisoformat(json.loads(row["inputs"])["createdate"]))
            for row in db.execute("select record_id, inputs from records")
        }
        self.frozen = [
            dict(row)
            for row in db.execute(
                "select p.period, p.edition, o.status, o.excluded from period_outcomes as o join periods as p"
                " on p.id = o.closing where o.clock not like '%:%'"
            )
        ]
        for row in self.every:
            dates = [row[name] for name in ("due_at", "breached_at") if row[name] is not None]
            placed = [row[name] for name in ("ended_at", "stopped_at") if row[name] is not None]
            row["at"] = min(dates) if dates else None
            row["placed"] = row["at"] if dates else placed[0] if placed else None
            row["judged"] = row["excluded"] is None and row["status"] in ("met", "missed", "breached")
            row["broken"] = row["judged"] and row["status"] != "met"
            row["reached"] = row["excluded"] is None and row["stopped_at"] is not None
            row["to_come"] = row["excluded"] is None and row["status"] in ("running", "at_risk")
        length = end.year * 12 + end.month - first.year * 12 - first.month
        since = ms(month_back(first, length))
        self.before = [row for row in self.every if row["placed"] is not None and since <= row["placed"] < self.start]
        self.within = [
            row for row in self.every if row["placed"] is not None and self.start <= row["placed"] < self.end
        ]

    def of(self, metric: str | None) -> list[Row]:
        return [row for row in self.within if row["metric"] == metric]

    def values(self, column: str) -> list[str | None]:
        """Those of the period and of the one before it; no value comes last."""
        found = {row[column] for row in (*self.within, *self.before)}
        return sorted(found, key=lambda value: (value is None, value or ""))

    def kept(self, column: str) -> list[list[object]]:
        """By value: judged, met, missed, late, attainment, interval; attainment before, and the change since; to come,
        excluded, tickets that kept all."""
        return [
            self._kept(*([row for row in rows if row[column] == value] for rows in (self.within, self.before)))
            for value in self.values(column)
        ]

    def broken(self, metric: str | None = None) -> list[str]:
        """Records, the latest counted first; of one instant the greatest id as text."""
        rows = [row for row in self.within if row["broken"] and metric in (None, row["metric"])]
        rows.sort(key=lambda row: row["clock"])
        return [row["record_id"] for row in sorted(rows, key=lambda row: (row["at"], row["record_id"]), reverse=True)]

    def _kept(self, rows: list[Row], before: list[Row]) -> list[object]:
        judged = [row for row in rows if row["judged"]]
        met = len(judged) - sum(row["broken"] for row in judged)
        by_record: defaultdict[str, list[bool]] = defaultdict(list)
        for row in judged:
            by_record[row["record_id"]].append(not row["broken"])
        return [
            len(judged),
            met,
            sum(row["status"] == "missed" for row in judged),
            sum(row["status"] == "breached" for row in judged),
            share(met, len(judged)),
            wilson(met, len(judged)),
            share(*attained(before)[:2]),
            change(attained(rows), attained(before)),
            sum(row["to_come"] for row in rows),
            sum(row["excluded"] is not None for row in rows),
            share(sum(all(kept) for kept in by_record.values()), len(by_record)),
        ]

    def durations(self) -> list[list[object]]:
        """Of each metric in business and in calendar time: ended, mean, three ranks, not ended, the Kaplan-Meier median
        and Apdex by the target of each, which are of business time."""
        found: list[list[object]] = []
        for metric in self.values("metric"):
            counted = [row for row in self.of(metric) if row["excluded"] is None]
            ended = [row for row in counted if row["reached"]]
            going = len(counted) - len(ended)
            took = [row["elapsed_ms"] for row in ended]
            wall = [row["stopped_at"] - row["started_at"] for row in ended]
            ranks = [[rank(values, percent) for percent in (50, 90, 95)] for values in (took, wall)]
            apdex = [
                1 if row["elapsed_ms"] <= row["target_ms"] else 0.5 if row["elapsed_ms"] <= 4 * row["target_ms"] else 0
                for row in ended
            ]
            score = round(sum(apdex) / len(apdex), 6) if apdex else None
            found.append([len(ended), mean(took), *ranks[0], going, median(counted), score])
            found.append([len(ended), mean(wall), *ranks[1], going, "", None])
        return found

    def trend(self) -> list[list[object]]:
        """By month: judged, attainment, interval, excluded, the edition, and attainment as it stands today."""
        return [self._month(first, end) for first, end in zip(self.months, self.months[1:], strict=False)]

    def _month(self, first: int, end: int) -> list[object]:
        rows = [row for row in self.every if row["placed"] is not None and first <= row["placed"] < end]
        name = datetime.fromtimestamp(first / 1000, self.zone).strftime("%Y-%m")
        frozen = [row for row in self.frozen if row["period"] == name]
        edition = max((row["edition"] for row in frozen), default=0)
        now = attained(rows)
        shown = attained([row for row in frozen if row["edition"] == edition]) if frozen else now
        today = share(*now[:2]) if frozen else ""
        closed = f"edition {edition}" if frozen else ""
        return [shown[1], share(*shown[:2]), wilson(*shown[:2]), shown[2], closed, today]

    def breaches(self) -> Counter[tuple[int, int]]:
        broke = [row["breached_at"] for row in self.within if row["broken"]]
        local = [datetime.fromtimestamp(at / 1000, self.zone) for at in broke]
        return Counter((each.weekday(), each.hour) for each in local)

    def holders(self, metric: str) -> list[list[float]]:
        """Of each holder of a broken promise's time: business seconds, after the breach, and on the wall; sorted."""
        broken = {row["id"] for row in self.of(metric) if row["broken"]}
        found: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        for time in self.times:
            if time["outcome"] in broken:
                add(found[time["holder"], time["name"]], time["holder"], time["ms"], is_late=time["late"])
        return sorted([value / 1000 for value in sums] for sums in found.values())

    def holders_once(self) -> list[list[float]]:
        """The same over all promises of a record, each instant once: whoever had it in the cycle that began first."""
        found: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        by_record: defaultdict[str, list[Row]] = defaultdict(list)
        for row in self.within:
            if row["broken"]:
                by_record[row["record_id"]].append(row)
        alone = {rows[0]["id"] for rows in by_record.values() if len(rows) == 1}
        for time in self.times:
            if time["outcome"] in alone:
                add(found[time["holder"], time["name"]], time["holder"], time["ms"], is_late=time["late"])
        for rows in by_record.values():
            if len(rows) > 1:
                rows.sort(key=lambda row: (row["started_at"], row["clock"], row["cycle"]))
                for holder, name, late, business, wall in instants([list(spans(row)) for row in rows]):
                    add(found[holder, name], holder, business, is_late=late)
                    add(found["closed_hours", ""], "closed_hours", wall - business, is_late=late)
        return sorted([value / 1000 for value in sums] for sums in found.values() if sums[2])

    def pauses(self, metric: str) -> list[list[float]]:
        """Of all authors and of all together: cycles, business and calendar seconds, kept only by it."""
        found: defaultdict[str, list[float]] = defaultdict(lambda: [0, 0.0, 0.0, 0])
        rows = [row for row in self.of(metric) if row["excluded"] is None and row["at"] is not None]
        for row in rows:
            by = json.loads(row["pauses"] or "[]")
            only = [author for author, *_, met_only in by if met_only]
            assert row["met_by_pauses"] or not only, "what one author's pauses kept, all together kept"
            assert len(by) != 1 or bool(only) == bool(row["met_by_pauses"])
            for author, *numbers in by:
                sums = found[author]
                sums[:] = [sums[0] + 1, *(sums[n] + numbers[n - 1] / 1000 for n in (1, 2)), sums[3] + numbers[2]]
        paused = [row for row in rows if row["pauses"]]
        if not paused:
            return []
        seconds = [sum(sums[place] for sums in found.values()) for place in (1, 2)]
        every = [*found.values(), [len(paused), *seconds, sum(row["met_by_pauses"] for row in paused)]]
        return sorted([round(number, 3) for number in row] for row in every)

    def require_that_only_what_ran_too_long_needed_a_pause(self) -> int:
        """By adding up: what ran and was paused for longer than the target. What comes to the target exactly may have
        been done after hours, which is late: so adding up alone decides nothing."""
        met = [row for row in self.every if row["status"] == "met"]
        for row in met:
            together = row["elapsed_ms"] + row["paused_ms"]
            assert not (together > row["target_ms"] and not row["met_by_pauses"]), row["record_id"]
            assert not (together < row["target_ms"] and row["met_by_pauses"]), row["record_id"]
        return sum(row["met_by_pauses"] for row in met)

    def people(self) -> list[tuple[object, ...]]:
        """Judged, met, attainment, median and p90 of each owner and metric; sorted."""
        own: defaultdict[tuple[str | None, str], list[Row]] = defaultdict(list)
        for row in self.within:
            own[row["owner_id"], row["metric"]].append(row)
        return sorted(
            (judged, met, share(met, judged), *(rank(took, percent) for percent in (50, 90)))
            for rows in own.values()
            if (judged := sum(row["judged"] for row in rows))
            for met in [judged - sum(row["broken"] for row in rows)]
            for took in [[row["elapsed_ms"] for row in rows if row["reached"]] or [0]]
        )

    def coverage(self) -> list[list[object]]:
        """By month of creation: created, promised, nothing promised, not known, and the share without a promise."""
        says: defaultdict[str, set[str | None]] = defaultdict(set)
        for row in self.every:
            says[row["record_id"]].add(row["excluded"])
        found: list[list[object]] = []
        for first, end in zip(self.months, self.months[1:], strict=False):
            of_month = [words for record, words in says.items() if first <= self.created[record] < end]
            nothing = sum(words <= {"no_sla", "merged"} and "no_sla" in words for words in of_month)
            unknown = sum("unknown" in words and words <= {"no_sla", "merged", "unknown"} for words in of_month)
            promised = len(of_month) - nothing - unknown
            found.append([len(of_month), promised, nothing, unknown, share(nothing, promised + nothing)])
        return found

    def uncovered(self) -> list[str]:
        """Records of the period to which nothing was promised, the latest first."""
        promised = {row["record_id"] for row in self.every if row["excluded"] != "no_sla"}
        records = {row["record_id"] for row in self.every} - promised
        latest = sorted(
            (self.created[record], record) for record in records if self.start <= self.created[record] < self.end
        )
        return [record for _, record in latest[::-1]]

    def hours(self, calendar: str, is_open: Callable[[datetime], bool]) -> list[object]:
        """Of a calendar in UTC that opens and shuts on the hour: answers, promised and silent seconds a week, share."""
        start, end = self.months[0], min(self.months[-1], self.as_of)
        answered = Counter(
            (at.weekday(), at.hour)
            for row in self.every
            if row["metric"] in ("first_response", "next_response", "update") and row["calendar"] == calendar
            if row["stopped_at"] is not None and start <= row["stopped_at"] < end
            for at in [datetime.fromtimestamp(row["stopped_at"] / 1000, UTC)]
        )
        promised: Counter[tuple[int, int]] = Counter()
        at = start - start % HOUR
        while at < end:
            hour = datetime.fromtimestamp(at / 1000, UTC)
            if is_open(hour):
                promised[hour.weekday(), hour.hour] += min(at + HOUR, end) - max(at, start)
            at += HOUR
        weeks = (end - start) / (7 * 24 * HOUR)
        silent = sum(length for hour, length in promised.items() if not answered[hour])
        whole = sum(promised.values())
        per_week = [round(length / weeks) / 1000 for length in (whole, silent)]
        return [answered.total(), *per_week, round(silent / whole, 6)]

    def waivers(self) -> list[list[object]]:
        """By whom: promises, and their part of what would count as broken; with all together where several did."""
        waived = Counter(row["waived_by"] or "" for row in self.within if row["excluded"] == "waived")
        would_be = waived.total() + sum(row["broken"] for row in self.within)
        rows: list[list[object]] = [[number, share(number, would_be)] for number in waived.values()]
        return sorted([*rows, [waived.total(), share(waived.total(), would_be)]] if len(rows) > 1 else rows)

    def excluded(self) -> list[list[int]]:
        """By cause: in the period, and without any instant; sorted."""
        inside = Counter(row["excluded"] for row in self.within if row["excluded"])
        nowhere = Counter(row["excluded"] for row in self.every if row["excluded"] and row["placed"] is None)
        return sorted([inside[cause], nowhere[cause]] for cause in inside.keys() | nowhere.keys())

    def without_due(self) -> list[list[object]]:
        """By metric: cycles, and the oldest start in epoch ms."""
        rows = [row for row in self.every if row["excluded"] is None and row["status"] in ("paused", "pending")]
        rows = [row for row in rows if row["at"] is None]
        metrics = sorted({row["metric"] for row in rows})
        own = [[row["started_at"] for row in rows if row["metric"] == metric] for metric in metrics]
        return [[len(starts), min((at for at in starts if at is not None), default=None)] for starts in own]

    def expected(self, rows: Sequence[Row]) -> tuple[int, float | None]:
        """Of some rows of the period: how many are to come, and the share that is likely to be kept at its end."""
        judged = sum(row["judged"] for row in rows)
        met = float(judged - sum(row["broken"] for row in rows))
        coming = [row for row in rows if row["to_come"]]
        chances = [chance for row in coming if (chance := self._chance(row)) is not None]
        number = judged + len(chances)
        return len(coming), round((met + sum(chances)) / number, 6) if number else None

    def objective(self, rows: Sequence[Row], attain: float) -> list[object]:
        """Judged, attainment, the goal, what may be and is broken, the burn rate, to come, expected."""
        judged, broken = sum(row["judged"] for row in rows), sum(row["broken"] for row in rows)
        coming, expected = self.expected(rows)
        burn = tenths(broken / judged / (1 - attain)) if judged else "–"
        allowed = tenths((1 - attain) * (judged + coming))
        return [judged, share(judged - broken, judged), attain, allowed, broken, burn, coming, expected]

    def _chance(self, row: Row) -> float | None:
        """Of being kept, by the narrowest group in which at least twenty ended and something ran so long; else by the
        narrowest of few."""
        if row["elapsed_ms"] > row["target_ms"]:
            return 0.0
        policy, priority = row["policy"] or "", row["priority"] or ""
        groups = [(row["metric"], policy, priority), (row["metric"], policy), (row["metric"],)]
        curves = [self._curves[group] for group in groups if group in self._curves]
        for _ended, curve in (*(each for each in curves if each[0] >= 20), *(each for each in curves if each[0] < 20)):
            so_long, too_long = curve.evaluate([row["elapsed_ms"], row["target_ms"]])
            if so_long > 1e-12:
                return 1 - too_long / so_long
        return None

    @cached_property
    def _curves(self) -> dict[tuple[str, ...], tuple[int, EmpiricalDistributionFunction]]:
        """How many ended, and the share that takes longer, by metric, policy and priority; by the first two; by one."""
        lives: defaultdict[tuple[str, ...], list[Row]] = defaultdict(list)
        for row in self.every:
            if row["excluded"] is None and row["started_at"] is not None and row["started_at"] >= self.months[0]:
                key = (row["metric"], row["policy"] or "", row["priority"] or "")
                for length in (1, 2, 3):
                    lives[key[:length]].append(row)
        return {key: (sum(row["reached"] for row in rows), curve_of(rows)) for key, rows in lives.items()}
