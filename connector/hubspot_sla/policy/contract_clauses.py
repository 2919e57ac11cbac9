"""Clauses of a contract that do nothing: said of something that is not there, twice, or for a day when it is over."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hubspot_sla.contract.remedies import Unit
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.remedy_documents import FROM_OUTCOMES, OF_OUTAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.contract.key_dates import KeyDate
    from hubspot_sla.contract.terms import Contract
    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.contract_documents import ClaimSection, ContractSection, ContractsFile, ObjectiveSection
    from hubspot_sla.policy.written_contracts import WrittenContract
    from hubspot_sla.policy.yaml_document import Document, Path

Said = tuple["Path", str, str]
"""Where it stands below the contract, what does nothing, and what would."""


def clauses_without_effect(
    document: Document, file: ContractsFile, section: ContractSection, written: WrittenContract
) -> Iterator[Problem]:
    """Of one entry of the file, in its order."""
    for said in (_version, _least, _repeats, _groups, _exclusions, _points, _reviews, _unpaid):
        for path, message, remedy in said(section, file):
            place: Path = ("contracts", written.number, *path)
            yield document.problem(place, message, remedy, code=Code.CLAUSE_WITHOUT_EFFECT)
    for number, date in enumerate(written.dates):
        for message, remedy in _date(date, written.terms):
            place = ("contracts", written.number, "dates", number)
            yield document.problem(place, message, remedy, code=Code.CLAUSE_WITHOUT_EFFECT)


def _version(section: ContractSection, file: ContractsFile) -> Iterator[Said]:
    earlier = file.contracts[: file.contracts.index(section)]
    if any((each.id, each.version) == (section.id, section.version) for each in earlier):
        message = (
            f"an entry before is version {section.version} of {section.id!r} too, and statements tell them apart by it"
        )
        yield ("id",), message, f"write `version: {section.version + 1}`"


def _least(section: ContractSection, file: ContractsFile) -> Iterator[Said]:  # noqa: ARG001 (one shape)
    for number, objective in enumerate(section.objectives):
        for key in _unused(objective):
            message = f"`{key}` of `least` says nothing of {objective.measure.kind}"
            yield ("objectives", number, "least"), message, "leave it out"


def _unused(objective: ObjectiveSection) -> Iterator[str]:
    kind, least = objective.measure.kind, objective.least
    if kind not in OF_OUTAGES:
        yield from (key for key in ("time", "outage") if getattr(least, key) is not None)
    if least.promises is not None and (kind in OF_OUTAGES or kind == "request_rates"):
        yield "promises"


def _repeats(section: ContractSection, file: ContractsFile) -> Iterator[Said]:  # noqa: ARG001 (one shape)
    for number, objective in enumerate(section.objectives):
        if objective.repeat and objective.credit is None:
            message = "a repeat counts more often, and nothing is owed"
            yield ("objectives", number, "repeat"), message, "write `credit`, or leave it out"


def _groups(section: ContractSection, file: ContractsFile) -> Iterator[Said]:  # noqa: ARG001 (one shape)
    numbers = Counter(name for group in section.groups for name in set(group.of))
    for name, number in numbers.items():
        if number > 1:
            yield ("groups",), f"{name!r} is in {number} groups: the first decides before the next", "leave it in one"


def _exclusions(section: ContractSection, file: ContractsFile) -> Iterator[Said]:  # noqa: ARG001 (one shape)
    kinds = {objective.measure.kind for objective in section.objectives}
    for number, exclusion in enumerate(section.exclusions):
        if exclusion.outage is not None and not kinds.intersection(OF_OUTAGES):
            message = f"outages of {exclusion.outage!r} are left out, and no objective measures outages"
            yield ("exclusions", number), message, "measure `uptime`, `downtime` or `outages`, or leave it out"
        if exclusion.waived is not None and not kinds.intersection(FROM_OUTCOMES):
            message = "waived promises are left out, and no objective measures promises"
            yield ("exclusions", number), message, "leave it out: an outage has a `kind` of its own"


def _points(section: ContractSection, file: ContractsFile) -> Iterator[Said]:  # noqa: ARG001 (one shape)
    """Points that are worth nothing, and what asks for points where none are given."""
    given = {number for number, objective in enumerate(section.objectives) if _gives_points(objective)}
    asked = [number for number, right in enumerate(section.rights) if right.points is not None]
    if section.points is None and not asked:
        for number in sorted(given):
            message = "points are given, and nothing follows from them"
            yield ("objectives", number, "credit"), message, "write `points:`, or a right after so many"
    if not given:
        for number in asked:
            message = "a right asks for points, and no objective gives any"
            yield ("rights", number), message, "pay `1 point` somewhere, or leave it out"


def _gives_points(objective: ObjectiveSection) -> bool:
    credit = objective.credit
    if credit is None:
        return False
    pays = [band.pays for band in credit.bands or ()]
    pays += [each.pays for each in (credit.linear, credit.each_miss, credit.every_nth) if each is not None]
    pays += [pay for each in (credit.each_late, credit.each_outage) if each is not None for pay in each.every_pay]
    return any(pay is not None and pay.value and pay.unit is Unit.POINTS for pay in pays)


def _reviews(section: ContractSection, file: ContractsFile) -> Iterator[Said]:  # noqa: ARG001 (one shape)
    claims: list[tuple[Path, ClaimSection]] = [(("claim",), section.claim)]
    claims += [(("objectives", n, "claim"), each.claim) for n, each in enumerate(section.objectives) if each.claim]
    for path, claim in claims:
        if claim.since == "review" and claim.review is None and not claim.reviews:
            message = "claims count from a review, and nothing says when one is"
            yield path, message, "write `review: {business_days: 5, calendar: office}`, or `reviews` with their days"


def _unpaid(section: ContractSection, file: ContractsFile) -> Iterator[Said]:  # noqa: ARG001 (one shape)
    if section.eligible.unpaid and not section.eligible.paid_up:
        message = "months are unpaid, and credits are not only for who has paid"
        yield ("eligible", "unpaid"), message, "write `paid_up: true` beside it"


def _date(date: KeyDate, terms: Contract) -> Iterator[tuple[str, str]]:
    """`valid_to` is the first day after the contract: a renewal may be on it."""
    over = terms.valid_to
    is_before = date.on < terms.valid_from and date.every_months is None
    if is_before or (over is not None and date.on > over):
        when = f"from {terms.valid_from}" + ("" if over is None else f" to {over}")
        yield f"{date.what} is on {date.on}, and the contract is valid {when}", "write a day of its own"
    elif date.every_months is None and date.notice.before(date.on) < terms.valid_from:
        last = date.notice.before(date.on)
        yield (
            f"notice of {date.what} is due by {last}, before the contract begins",
            "write a shorter notice, or a later day",
        )
