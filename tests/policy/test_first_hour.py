"""The mistakes of a first hour: what was written, and the code, the place and the remedy that come of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubspot_sla.clock.promise import OnChange
from hubspot_sla.errors import MappingInvalid, Problem
from hubspot_sla.policy.conditions import Subject
from hubspot_sla.policy.loader import load, read_texts
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.review import warnings_about
from policy.first_hour_mistakes import ACCEPTED, ERRORS, GOLD, WARNINGS, Mistake
from policy.mapping_texts import Pipeline, Stage

STARTER = Path(__file__).parents[2] / "mappings"
NOW = 1_795_867_200_000  # 2026-11-28
CSV = "company_id,tier,valid_from,valid_to\n21,gold,,\n"


def written(folder: Path, file: str, old: str, new: str) -> dict[str, str]:
    """The starter set with one mistake in it, read as the program reads it."""
    texts = read_texts(STARTER) | {"tiers.csv": CSV}
    assert old in texts[file], f"{old!r} is not in {file}"
    texts[file] = texts[file].replace(old, new) if old == "\n" else texts[file].replace(old, new, 1)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return read_texts(folder)


@pytest.mark.parametrize("mistake", ERRORS, ids=[mistake.name for mistake in ERRORS])
def test_a_mistake_is_an_error_with_code_place_and_remedy(mistake: Mistake, tmp_path: Path) -> None:
    with pytest.raises(MappingInvalid) as caught:
        load(written(tmp_path, mistake.file, mistake.old, mistake.new))
    assert_said(mistake, list(caught.value.problems))


@pytest.mark.parametrize("mistake", WARNINGS, ids=[mistake.name for mistake in WARNINGS])
def test_a_probable_mistake_is_a_warning_with_code_place_and_remedy(mistake: Mistake, tmp_path: Path) -> None:
    texts = written(tmp_path, mistake.file, mistake.old, mistake.new)
    assert_said(mistake, warnings_about(load(texts), texts, NOW))


def assert_said(mistake: Mistake, problems: list[Problem]) -> None:
    first = next((problem for problem in problems if problem.file == mistake.file), problems[0])
    assert (first.code, first.where) == (mistake.code, f"{mistake.file}:{mistake.place}"), first
    assert mistake.remedy in first.remedy
    assert "this is not YAML" not in first.message


@pytest.mark.parametrize(("name", "file", "old", "new"), ACCEPTED, ids=[case[0] for case in ACCEPTED])
def test_what_looks_odd_and_is_right_is_accepted_without_a_word(
    name: str, file: str, old: str, new: str, tmp_path: Path
) -> None:
    texts = written(tmp_path, file, old, new)
    assert warnings_about(load(texts), texts, NOW) == [], name


def test_the_untouched_starter_set_gives_no_warning_in_any_year() -> None:
    texts = read_texts(STARTER)
    mappings = load(texts)
    for years in range(8):
        assert warnings_about(mappings, texts, NOW + years * 366 * 86_400_000) == []


def test_a_stage_that_only_the_portal_does_not_know_is_named_when_the_portal_is_asked() -> None:
    texts = read_texts(STARTER)
    texts["portal.yaml"] = texts["portal.yaml"].replace("Waiting on contact:", "Waiting on client:")
    stages = (Stage("1", "New"), Stage("2", "Waiting on contact"), Stage("3", "Waiting on us"))
    portal = Pipeline("0", "Support Pipeline", (*stages, Stage("4", "Closed", closed=True)))
    problems = load(texts).portal.check([portal])
    assert {problem.code for problem in problems if problem.line < 17} == {Code.NOT_IN_PORTAL, Code.STAGE_WITHOUT_ROLE}
    assert any("did you mean 'Waiting on contact'?" in problem.remedy for problem in problems)


def test_a_scalar_a_group_and_keys_are_said_once_by_anchor_alias_and_merge(tmp_path: Path) -> None:
    plain = GOLD + "    on_change: {priority: keep, tier: keep}\n"
    policies = read_texts(STARTER)["policies.yaml"].replace(GOLD, plain)
    short = policies.replace("calendar: extended", "calendar: &hours extended", 1).replace(
        "on_change: {priority: keep, tier: keep}", "on_change: &rules {priority: keep, tier: keep}"
    )
    short = short.replace(
        "    when: {pipeline: Onboarding}\n    calendar: berlin\n",
        "    when: {pipeline: Onboarding}\n    calendar: *hours\n    on_change: {<<: *rules, tier: restart}\n",
    )
    texts = read_texts(STARTER) | {"policies.yaml": short}
    onboarding = next(policy for policy in load(texts).policy_set.policies if policy.id == "onboarding")
    assert onboarding.calendar.name == "extended"
    promise = onboarding.promised(Subject(0, None, "1"))[0]
    assert (promise.on_change.priority, promise.on_change.tier) == (OnChange.KEEP, OnChange.RESTART)


def test_a_mistake_behind_an_alias_is_named_once_where_it_is_written() -> None:
    text = "policies:\n  - {id: a, calendar: &c nowhere, targets: {resolution: 4h}}\n"
    text += "  - {id: b, calendar: *c, targets: {resolution: 4h}}\n"
    with pytest.raises(MappingInvalid) as caught:
        load(read_texts(STARTER) | {"policies.yaml": text})
    assert [problem.where for problem in caught.value.problems] == ["policies.yaml:2:23"]


def test_aliases_that_would_fill_the_memory_are_refused_in_a_moment() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    with pytest.raises(MappingInvalid) as caught:
        load(read_texts(STARTER) | {"policies.yaml": "\n".join(lines) + "\n"})
    assert Code.TOO_MANY_ALIASES in {problem.code for problem in caught.value.problems}
    deep = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 3000))]
    with pytest.raises(MappingInvalid):
        load(read_texts(STARTER) | {"policies.yaml": "\n".join(deep) + "\n"})
