"""sla suggest by what tickets are: the YAML, pasted into policies.yaml and loaded as any other, attains what was asked,
and the step below does not; each target by itself, and all of one share at once.

Tickets change their priority, pipeline, stage, category and tier midway, and meet policies of two calendars with terms
of all kinds.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.test_evaluate import CALENDARS, NOW
from hubspot_sla.flows.judging.terms import terms_of
from hubspot_sla.flows.records.file_merges import merges_in
from hubspot_sla.flows.simulation.pasted import NOT_FOR_THEM, ForWhom, Paste, Pasting
from hubspot_sla.flows.simulation.processes import opened, tallied
from hubspot_sla.flows.simulation.request import Request, TicketFile
from hubspot_sla.flows.simulation.suggest import suggested
from hubspot_sla.flows.simulation.suggestion_document import document
from hubspot_sla.flows.simulation.suggestion_yaml import AT_THE_TOP, DISPLACED, as_yaml
from hubspot_sla.flows.simulation.tally import Numbers
from hubspot_sla.measure.suggestion import step_down
from hubspot_sla.policy.conditions import Subject
from hubspot_sla.policy.times import parse_instant
from proof import SCALE, examples

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sla.flows.simulation.suggest import Suggested, Suggestions

PORTAL = """\
pipelines:
  Support:
    "1": open
    "2": {role: waiting}
    "4": closed
    experts: {role: open, team: Experts}
  Billing:
    "1": open
    "2": {role: waiting}
    "4": closed
    experts: {role: open, team: Experts}
report:
  dimensions: [region]
"""
TIERS = """\
ranks: [gold, silver]
as_of: now
sources:
  - company_property: customer_tier
"""
POLICIES = """\
# Who is promised what.
defaults:
  calendar: always
  pauses: {pauses}
policies:   # top to bottom
  # The best customers first.
  - id: gold
    when: {{tier: gold}}
    calendar: office
    targets: {{resolution: {gold}, stage: {{Experts: {{each: 40m, total: 3h}}}}}}
    at_risk: {{resolution: 75%}}
    on_change: {rule}
  - id: urgent
    when: {{priority: HIGH, not: {{pipeline: Billing}}}}
    targets: {{resolution: 1h, first_response: 30m}}
    late: {late}
    reopen: {reopen}
    on_change: {rule}
  - id: new
    when: {{pipeline: [Support, Billing], priority: {{known: true}}}}
    valid_from: 2026-03-03
    targets: {{resolution: {rest}}}
  - id: rest
    targets: {{resolution: {{default: 6h, MEDIUM: "2h"}}, stage: {{Experts: 1h}}}}
    on_change: {{priority: {rule}}}
  - id: team
    kind: ola
    agreement: desk
    targets: {{resolution: {{due: 5h, calendar: office}}}}
  - id: team of all
    kind: ola
    targets: {{resolution: 2h}}
"""
CHOICES = {
    "gold": ("1h", "{HIGH: 20m, default: 90m}", "{by: tier, gold: 1h, default: none}"),
    "rest": (
        *("4h", "{MEDIUM: 2h, default: 6h}", "{MEDIUM: 2h, default: none}", "end of business day"),
        "{HIGH: {due: 2h, calendar: office}, default: 6h}",
    ),
    "rule": ("recalculate", "keep", "restart"),
    "late": ("instant", "business_time"),
    "reopen": ("resume", "restart"),
    "pauses": ("true", "false"),
}
BY = (
    ("tier", "priority"),
    ("priority",),
    ("policy", "tier"),
    ("pipeline", "priority"),
    ("kind", "agreement", "priority"),
    ("category",),
    ("stage",),
    ("region", "priority"),
    ("policy",),
    ("kind",),
)
WHERE = (
    "",
    "",
    "",
    "pipeline: Support",
    "{priority: [HIGH, LOW], not: {stage_role: waiting}}",
    "status: [met, missed]",
)
SHARES = (Fraction(1, 2), Fraction(7, 10))


def lived(number: int, chance: random.Random) -> dict[str, Any]:
    """A ticket that changes whatever it can, and is closed after up to a day, or not yet."""
    created = datetime(2026, 3, 2, 7, tzinfo=UTC) + timedelta(minutes=chance.randrange(0, 2 * 24 * 60))

    def course(values: tuple[str, ...], most: int) -> Iterator[tuple[str, datetime]]:
        at = created
        for _ in range(chance.randint(1, most)):
            yield chance.choice(values), at
            at += timedelta(minutes=chance.choice((5, 30, 90, 400)) * chance.random() + 1)

    stages = list(course(("1", "2", "experts"), 4))
    if chance.random() < 0.9:
        stages.append(
            ("4", stages[-1][1] + timedelta(minutes=chance.choice((10, 60, 200, 1500)) * chance.random() + 1))
        )
    histories = {
        "hs_pipeline_stage": stages,
        "hs_pipeline": list(course(("Support", "Billing"), chance.choice((1, 1, 2)))),
        "hs_ticket_priority": list(course(("LOW", "MEDIUM", "HIGH", ""), chance.choice((1, 1, 3)))),
        "hs_ticket_category": list(course(("A", "B", "A;B", "a: #1\n- b\x1b"), chance.choice((1, 2)))),
        "region": list(course(("north", "no"), 1)),
    }
    tiers = list(course(("gold", "silver", "bronze", ""), chance.choice((1, 1, 2))))
    company = {
        "id": f"9{number}",
        "properties": {"customer_tier": tiers[-1][0]},
        "propertiesWithHistory": {"customer_tier": _newest_first([(tiers[0][0], created - timedelta(9)), *tiers[1:]])},
    }
    answered = created + timedelta(minutes=chance.choice((10, 60)) * chance.random())
    return {
        "id": str(number),
        "properties": {
            "createdate": created.isoformat(),
            "hs_first_agent_message_sent_at": answered.isoformat() if chance.random() < 0.7 else None,
            **{name: values[-1][0] for name, values in histories.items()},
        },
        "propertiesWithHistory": {name: _newest_first(values) for name, values in histories.items()},
        "associations": {"companies": {"results": [company]}} if chance.random() < 0.8 else {},
    }


def _newest_first(values: list[tuple[str, datetime]]) -> list[dict[str, str]]:
    return [{"value": value, "timestamp": at.isoformat(), "sourceType": "CRM_UI"} for value, at in reversed(values)]


class Desk:
    """Tickets in a file, judged by mappings whose terms chance has chosen."""

    def __init__(self, folder: Path, seed: int, count: int = 70 if SCALE > 1 else 30) -> None:
        chance = random.Random(seed)  # noqa: S311 - tickets, no secrets
        path, name = folder / f"{seed}.jsonl", str(folder / f"{seed}.jsonl")
        path.write_bytes(b"".join(orjson.dumps(lived(number, chance)) + b"\n" for number in range(1, count + 1)))
        self.file = TicketFile(name, merges_in(name))
        terms = {word: chance.choice(of_word) for word, of_word in CHOICES.items()}
        self.policies = POLICIES.format(**terms)
        self.by = BY[seed % len(BY)]
        self.where = chance.choice(WHERE)

    def request(self, policies: str = "") -> Request:
        texts = {"portal.yaml": PORTAL, "calendars.yaml": CALENDARS, "tiers.yaml": TIERS}
        texts["policies.yaml"] = policies or self.policies
        words = (*self.by, "metric", "place", "calendar")
        return Request(texts, None, parse_instant(NOW), by=(words,), where=self.where, file=self.file)

    def suggested(self) -> Suggestions:
        return suggested(self.request(), SHARES if SCALE > 1 else SHARES[:1], 5)

    def attained(self, made: Suggestions, rows: list[Suggested]) -> Mapping[tuple[str, ...], Fraction | None]:
        """What a simulation says of each group, by its labels, once the YAML of these rows is pasted."""
        assert made.pasting is not None
        found: dict[tuple[str, ...], Numbers] = {}
        with opened(self.request(paste(self.policies, as_yaml(replace(made, rows=rows))))) as source:
            tally = tallied(source, source.wanted(), 1, lambda _: None)
            words = source.request.by[0]
            for (_, key), numbers in tally.groups.items():
                own = [
                    made.pasting.original(value) if word == "policy" else value
                    for word, value in zip(words, key, strict=True)
                ]
                labels = tuple(map(source.names.shown, words, own))
                found.setdefault(labels, Numbers()).add(numbers)
        return {labels: numbers.compared.after.attainment for labels, numbers in found.items()}


def paste(policies: str, text: str) -> str:
    """As the first comment of the YAML says."""
    if AT_THE_TOP in text:
        return policies.replace("policies:   # top to bottom\n", f"policies:   # top to bottom\n{text}")
    for entry in text.split("  - id: ")[1:]:
        name = entry.split("\n")[0].strip('"')
        before, own = policies.split(f"  - id: {name}\n")
        rest = own.partition("  - id: ")
        policies = f"{before}  - id: {entry.rstrip()}\n{rest[1]}{rest[2]}"
    return policies


def alone(row: Suggested, target_ms: int | None = None) -> Suggested:
    """The row as if there were no others."""
    assert row.found is not None
    return replace(
        row, together=None, is_displaced=False, found=replace(row.found, target_ms=target_ms or row.found.target_ms)
    )


def beside(row: Suggested, target_ms: int) -> Suggested:
    """The row with another target among the others."""
    together = None if row.together is None else replace(row.together, target_ms=target_ms)
    return replace(alone(row, target_ms), together=together)


def attains(desk: Desk, made: Suggestions, row: Suggested, rows: list[Suggested]) -> bool:
    attained = desk.attained(made, rows).get(tuple(row.labels.values()))
    return attained is not None and attained >= row.share


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("desk")


@examples(1)
@given(seed=st.integers(0, 10**9))
def test_each_target_pasted_by_itself_keeps_the_law(folder: Path, seed: int) -> None:
    desk = Desk(folder, seed)
    made = desk.suggested()
    found = [row for row in made.rows if row.paste is not None]
    for row in found if SCALE > 1 else found[:1]:
        assert row.found is not None
        attained = desk.attained(made, [alone(row)])
        assert attained[tuple(row.labels.values())] == row.found.attained >= row.share
        below = step_down(row.found.target_ms)
        assert not below or not attains(desk, made, row, [alone(row, below)])


@examples(1)
@given(seed=st.integers(0, 10**9))
def test_all_targets_of_a_share_pasted_at_once_keep_the_law_or_say_so(folder: Path, seed: int) -> None:
    desk = Desk(folder, seed)
    made = desk.suggested()
    for share in dict.fromkeys(row.share for row in made.rows):
        rows = [row for row in made.rows if row.joint is not None and row.share == share]
        attained = desk.attained(made, rows)
        for place, row in enumerate(rows):
            assert row.joint is not None
            assert row.found is not None
            said = attained[tuple(row.labels.values())]
            assert said == (row.found.attained if row.together is None else row.together.attained)
            below = step_down(row.joint.target_ms)
            is_below = (
                bool(below)
                and (SCALE > 1 or not place)
                and attains(desk, made, row, [*rows[:place], beside(row, below), *rows[place + 1 :]])
            )
            if row.together is None or row.together.holds:
                assert said is not None
                assert said >= share
                assert not is_below
            else:
                assert any("beside the others" in note for note in document(made).notes)


VALUES: Mapping[str, Sequence[str | None]] = {
    "pipeline": ("Support", "Billing", "other"),
    "stage": ("1", "experts"),
    "tier": ("gold", "silver", None),
    "priority": ("HIGH", "MEDIUM", "", None),
    "category": ("A", "B", "A;B", None),
}
WORDS = st.sets(st.sampled_from(("pipeline", "tier", "priority", "category")), min_size=1)
POLICY_IDS = ("gold", "urgent", "new", "rest", "team", "team of all")


@st.composite
def whoms(draw: st.DrawFn) -> list[ForWhom]:
    """Groups by the same words, each with the resolution of some policies."""
    words = sorted(draw(WORDS))
    wanted = [st.sampled_from([value for value in VALUES[word] if value != ""]) for word in words]
    values = draw(st.lists(st.tuples(*wanted), max_size=3, unique=True))
    conditions = [tuple(((word,), value) for word, value in zip(words, one, strict=True)) for one in values]
    asked = [one for one in conditions if (("pipeline",), "other") not in one]
    policies = st.frozensets(st.sampled_from(POLICY_IDS), min_size=1)
    return [ForWhom(one, draw(policies), "resolution", "", "office") for one in asked]


@examples(4)
@given(made=whoms(), seed=st.integers(0, 3), data=st.data())
def test_a_ticket_meets_the_copy_of_the_policy_that_it_would_have_met(
    folder: Path, made: list[ForWhom], seed: int, data: st.DataObject
) -> None:
    """And what is pasted in memory promises what the text does."""
    desk = Desk(folder, seed, 1)
    with opened(desk.request()) as source:
        pasting = Pasting(source, made)
        pastes = [Paste(one, 3_600_000) for one in made]
        lines = [f"# {AT_THE_TOP}", *(line for one in pasting.entries(pastes) for line in pasting.lines(one, {}))]
        text = paste(desk.policies, "\n".join((*lines, "")))
        version = source.version({**desk.request().new, "policies.yaml": text})
        before, after = source.after.version, pasting.side(pastes).version
    for _ in range(5):
        said = {word: data.draw(st.sampled_from(values)) for word, values in VALUES.items()}
        properties = {"hs_ticket_priority": said["priority"], "hs_ticket_category": said["category"]}
        at = parse_instant(data.draw(st.sampled_from(("2026-03-02T10:00:00Z", "2026-03-04T10:00:00Z"))))
        subject = Subject(at, said["tier"], said["pipeline"] or "", said["stage"] or "", properties)
        met, copied, loaded = (terms_of(one, subject, None) for one in (before, after, version))
        assert [one.id for one in met.policies] == [pasting.original(one.id) for one in copied.policies]
        assert [one.id for one in copied.policies] == [one.id for one in loaded.policies]
        assert copied.promises.keys() == loaded.promises.keys()
        for clock, promise in copied.promises.items():
            assert promise.same_as(loaded.promises[clock])
            assert promise.target == loaded.promises[clock].target
            own = next(one.id for one in copied.policies if one.agreement == clock.agreement_key)
            of_ticket = [one for one in made if all(_has(said[keys[-1]], value) for keys, value in one.conditions)]
            if len(of_ticket) > 1:  # `A;B` may keep the target that `A` does not
                continue
            if any(clock.name == "resolution" and pasting.original(own) in one.policies for one in of_ticket):
                assert promise.target == "1h"
            else:
                assert replace(promise, policy="").same_as(replace(met.promises[clock], policy=""))


def _has(value: str | None, wanted: str | None) -> bool:
    return not value if wanted is None else value == wanted or wanted in (value or "").split(";")


def test_policies_in_brackets_have_no_place_for_copies_and_that_is_said(folder: Path) -> None:
    desk = Desk(folder, 5, 40)
    desk.policies = "policies: [{id: rest, calendar: always, targets: {resolution: 8h}}]\n"
    why = "no copy can be pasted into policies.yaml: begin each of its policies with `- ` on a line of its own"
    notes = [note for note in document(desk.suggested()).notes if "not held" in note]
    assert notes
    assert all(why in note for note in notes)


def test_policies_of_what_is_not_counted_keep_their_targets(folder: Path) -> None:
    """Without a word of kind only what customers are promised counts, and OLAs promise a resolution too."""
    desk = Desk(folder, 5, 40)
    desk.where = ""
    text = as_yaml(desk.suggested())
    assert "id: rest-" in text
    assert "id: team" not in text


def test_a_group_that_no_condition_means_is_a_comment_beside_the_others(folder: Path) -> None:
    desk = Desk(folder, 5, 60)
    desk.where = ""
    file = Path(desk.file.name)
    file.write_bytes(file.read_bytes().replace(b'"A"', b'" A"'))
    made = desk.suggested()
    text, why = as_yaml(made), "no condition means the category ' A'"
    assert "id: rest- A" not in text
    assert "id: rest-B" in text
    assert any(line.startswith("  # A, resolution on always: ") and why in line for line in text.splitlines())
    assert any(why in note for note in document(made).notes)


def test_of_two_calendars_of_one_policy_one_has_its_target_in_the_yaml(folder: Path) -> None:
    """A metric of a policy has one target; the other says that it holds by itself only."""
    desk = Desk(folder, 5, 60)
    desk.where, desk.by = "", ("policy",)
    desk.policies = (
        "policies:   # top to bottom\n"
        "  - id: rest\n    calendar: {by: region, north: office, default: always}\n    targets: {resolution: 6h}\n"
    )
    made = suggested(desk.request(), SHARES[:1], 5)
    stands, other = sorted(made.rows, key=lambda row: -row.n)
    assert (stands.is_displaced, other.is_displaced, other.joint) == (False, True, None)
    attained = desk.attained(made, list(made.rows))
    assert stands.found is not None
    assert attained[tuple(stands.labels.values())] == stands.found.attained
    assert any(DISPLACED in line and other.labels["calendar"] in line for line in as_yaml(made).splitlines())
    assert any(DISPLACED in note for note in document(made).notes)


def test_a_length_that_moves_tickets_to_another_calendar_keeps_the_law(folder: Path) -> None:
    """A target that names its calendar for some tickets stands for all of them afterwards, on one calendar."""
    desk = Desk(folder, 5, 60)
    desk.where, desk.by = "", ("kind",)
    desk.policies = (
        "policies:   # top to bottom\n"
        "  - id: rest\n    calendar: always\n"
        "    targets: {resolution: {HIGH: {due: 2h, calendar: office}, default: 6h}}\n"
    )
    made = suggested(desk.request(), SHARES[:1], 5)
    rows = [row for row in made.rows if row.found is not None]
    assert {row.labels["calendar"] for row in rows} == {"always", "office"}
    for row in rows:
        assert row.found is not None
        assert desk.attained(made, [alone(row)])[tuple(row.labels.values())] == row.found.attained


def test_a_group_that_tickets_come_into_after_the_promise_has_no_place(folder: Path) -> None:
    """No copy of the policy for LOW takes tickets that are not LOW any more."""
    desk = Desk(folder, 5, 250)
    desk.where, desk.by = "", ("priority",)
    desk.policies = (
        "policies:   # top to bottom\n"
        "  - {id: low, when: {priority: LOW}, calendar: always, targets: {resolution: 6h}, on_change: keep}\n"
    )
    made = suggested(desk.request(), SHARES[:1], 5)
    found = {row.labels["priority"]: row for row in made.rows if row.found is not None}
    assert found.pop("LOW").joint is not None
    assert found
    assert {row.unheld for row in found.values()} == {NOT_FOR_THEM}
    assert as_yaml(made).count(NOT_FOR_THEM) == len(found)
