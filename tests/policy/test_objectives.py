"""Objectives of policies.yaml: what they say, and what is wrong with those that cannot be."""

from __future__ import annotations

from fractions import Fraction

import pytest

from hubspot_sla.errors import MappingInvalid
from hubspot_sla.flows.installation.starter_set import starter_root
from hubspot_sla.policy.loader import load, read_texts

TEXTS = read_texts(starter_root() / "mappings")


def with_objectives(*lines: str) -> dict[str, str]:
    written = "".join(f"  - {line}\n" for line in lines)
    return TEXTS | {"policies.yaml": f"{TEXTS['policies.yaml']}\nobjectives:\n{written}"}


def test_an_objective_is_an_exact_share_of_the_promises_it_covers() -> None:
    first, second = load(with_objectives("{attain: 99.95%, metric: resolution}", "{attain: 90%}")).objectives
    assert (first.share, second.share) == (Fraction(9995, 10_000), Fraction(9, 10))
    assert [first.covers("resolution"), first.covers("update"), second.covers("update")] == [True, False, True]


def test_without_objectives_there_are_none() -> None:
    assert load(TEXTS).objectives == ()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{attain: 0.95}", "an objective is a percentage"),
        ("{attain: 101%}", "at most 100 %"),
        ("{attain: 0%}", "more than 0 %"),
        ("{metric: resolution}", "attain"),
        ("{attain: 95%, metric: resolutoin}", "there is no metric 'resolutoin'"),
        ("{attain: 95%, when: {tier: golden}}", "there is no tier 'golden'"),
        ("{attain: 95%, when: {any: [{policy: nobody}]}}", "there is no policy 'nobody'"),
        ("{attain: 95%, when: {not: {kind: slo}}}", "there is no kind 'slo'"),
        ("{attain: 95%, when: {property: {region: north}}}", "report.dimensions names no property 'region'"),
        ("{attain: 95%, when: {company: {size: big}}}", "company"),
    ],
)
def test_an_objective_that_cannot_be_is_refused_where_it_stands(line: str, said: str) -> None:
    with pytest.raises(MappingInvalid) as refused:
        load(with_objectives(line))
    assert said in str(refused.value)
    assert {problem.file for problem in refused.value.problems} == {"policies.yaml"}


def test_the_zone_of_reports_is_one_that_there_is() -> None:
    zone = "\nreport: {timezone: Europe/Berlin}\n"
    assert load(TEXTS | {"portal.yaml": TEXTS["portal.yaml"] + zone}).portal.report_zone == "Europe/Berlin"
    with pytest.raises(MappingInvalid, match="there is no time zone 'Europe/Berlim'"):
        load(TEXTS | {"portal.yaml": TEXTS["portal.yaml"] + zone.replace("Berlin", "Berlim")})
