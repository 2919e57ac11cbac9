"""What a contract that is right needs somebody to do: write the fee of a month that begins, lay a feed where it is
read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.clock.local_time import local_date
from hubspot_sla.contract.fees import FeeMissing
from hubspot_sla.contract.remedies import SlicesDown, TimeDown, Unit
from hubspot_sla.contract.windows import months_of
from hubspot_sla.measure.periods import Period
from hubspot_sla.policy.message_codes import Code

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import date

    from hubspot_sla.contract.fees import Base
    from hubspot_sla.contract.terms import Contract, Objective
    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.yaml_document import Document, Path


def months_without_fee(document: Document, path: Path, terms: Contract, now: int) -> Iterator[Problem]:
    """Of each fee that something rests on, the months that have none, from the contract's first one up to the end of
    the window that runs at `now` (epoch ms). Nothing of a contract that is not in force then."""
    today = local_date(now, terms.zone)
    if today < terms.valid_from or (terms.valid_to is not None and terms.valid_to <= today):
        return
    last = terms.window.holding(today, terms.zone)
    end = last.end if terms.valid_to is None else min(last.end, terms.valid_to)
    months = months_of(Period(terms.valid_from, end, terms.zone))
    for name in sorted(_fees_needed(terms)):
        missing = [month for month in months if not _is_said(terms, name, month)]
        if missing:
            said = f"{missing[0]:%Y-%m}" if len(missing) == 1 else f"{missing[0]:%Y-%m}, and {len(missing) - 1} more"
            message = f"the contract is in force and says no fee {name!r} for {said}"
            remedy = "write it: until then no credit of such a window is known, and it cannot be closed"
            yield document.problem((*path, "fees", name), message, remedy, code=Code.MONTH_WITHOUT_FEE)


def feeds_not_there(document: Document, mappings: Mappings, missing: Collection[str]) -> Iterator[Problem]:
    """`missing` are the files of feeds that do not lie beside contracts.yaml."""
    for name, place in mappings.contracts.feeds.items():
        if place.file in missing:
            message = f"there is no file {place.file}, so what the feed {name!r} measures is not measured"
            remedy = "lay it beside contracts.yaml: with nothing but its header nothing was down"
            yield document.problem(("feeds", name, "csv"), message, remedy, code=Code.FEED_NOT_THERE)


def _is_said(terms: Contract, name: str, month: date) -> bool:
    try:
        terms.fees[name].of_month(month, None)
    except FeeMissing:
        return False
    return True


def _fees_needed(terms: Contract) -> set[str]:
    """The names of the fees that a credit, a cap or a right is reckoned from."""
    bases: list[Base] = []
    for objective in terms.objectives:
        bases += [objective.base] if _is_a_share(objective) else []
        bases += [cap.base for cap in objective.caps if cap.share is not None]
    bases += [cap.base for cap in terms.caps if cap.share is not None]
    bases += [right.base for right in terms.rights if right.credits_over is not None and right.share]
    bases += [terms.points.base] if terms.points is not None and terms.points.remedy.unit is Unit.SHARE else []
    return {name for base in bases for name in (base.fees or tuple(terms.fees))}


def _is_a_share(objective: Objective) -> bool:
    return any(
        remedy.unit in (Unit.SHARE, Unit.FEE_DAYS) or isinstance(remedy, TimeDown | SlicesDown)
        for remedy in objective.remedies
    )
