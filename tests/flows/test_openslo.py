"""Objectives as OpenSLO: valid for every published agreement, with nothing of what was written left out."""

from __future__ import annotations

import json
import re
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from contract.written_contracts import FOLDER, WITH_A_VENDOR
from flows.openslo_schema import SCHEMA
from hubspot_sla.flows.context.loaded_mappings import load_mappings
from hubspot_sla.flows.inspection.openslo.export import Export, exported
from hubspot_sla.flows.inspection.openslo.names import Named, label, unique_names
from hubspot_sla.policy.yaml_reader import read
from policy.mapping_texts import POLICIES, texts

if TYPE_CHECKING:
    from collections.abc import Sequence

VALID = Draft202012Validator(SCHEMA)
NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
CONTRACT = """\
contracts:
  - id: acme_support
    version: 2
    customer: "9001"
    timezone: Europe/Berlin
    currency: EUR
    window: quarter
    year_begins: 5
    valid_from: 2026-06-15
    fees: {support: 1000}
    objectives:
"""


PROBE = "feeds: {probe: {csv: probe.csv}}\n"


def of(objectives: str = "", contracts: str = "") -> Export:
    changed = {"policies": POLICIES + objectives, "portal": WITH_A_VENDOR}
    every = texts(**changed, **({"contracts": contracts} if contracts else {}))
    return exported(load_mappings(every), every)


def promising(*objectives: str, feeds: str = "") -> Export:
    return of(contracts=CONTRACT + "".join(f"      - {objective}\n" for objective in objectives) + feeds)


def documents(export: Export) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(json.dumps(export.as_json()))["objects"]
    return found


def kinds(export: Export, kind: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in documents(export) if each["kind"] == kind}


def spec(export: Export) -> dict[str, Any]:
    (slo,) = kinds(export, "SLO").values()
    found: dict[str, Any] = slo["spec"]
    return found


def unsaid(export: Export, name: str) -> str:
    """Why there is an indicator and no objective."""
    assert name in kinds(export, "SLI")
    assert name not in kinds(export, "SLO")
    return next(note for note in export.notes if note.startswith(name))


def check(export: Export) -> None:
    """Against the schema, with every reference to something that is there."""
    written = documents(export)
    for each in written:
        VALID.validate(each)
    names = [(each["kind"], each["metadata"]["name"]) for each in written]
    assert len(set(names)) == len(names)
    for each in written:
        if each["kind"] == "SLO":
            assert ("SLI", each["spec"]["indicatorRef"]) in names
            assert ("Service", each["spec"]["service"]) in names
        if each["kind"] == "SLI":
            assert ("DataSource", re.findall(r"'metricSourceRef': '([^']+)'", str(each["spec"]))[0]) in names


def as_written(metadata: dict[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    texts_by_key = {key: metadata["annotations"][f"hubspot-sla.{key}"] for key in keys}
    return {key: json.loads(text) if text[0] in "[{" or text == "true" else text for key, text in texts_by_key.items()}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_published_agreement_is_valid_openslo_and_nothing_of_it_is_lost(path: Any) -> None:
    text = path.read_text(encoding="utf-8")
    export = of(contracts=text)
    check(export)
    document, _ = read("contracts.yaml", text)
    assert document is not None
    services, indicators = list(kinds(export, "Service").values()), list(kinds(export, "SLI").values())
    content: Any = document.content
    for contract, service in zip(content["contracts"], services, strict=True):
        kept = [key for key in contract if key != "objectives"]
        assert as_written(service["metadata"], kept) == {key: contract[key] for key in kept}
    objectives = [objective for contract in content["contracts"] for objective in contract["objectives"]]
    for objective, indicator in zip(objectives, indicators, strict=True):
        assert as_written(indicator["metadata"], list(objective)) == objective
        slo = kinds(export, "SLO").get(indicator["metadata"]["name"])
        assert slo is None or slo["metadata"] == indicator["metadata"]


@pytest.mark.parametrize("version", [(1, 1), (1, 2)])
def test_yaml_of_either_version_reads_the_same(version: tuple[int, int]) -> None:
    yaml = YAML(typ="safe", pure=True)
    yaml.version = version
    text = (FOLDER / "softwareone.yaml").read_text(encoding="utf-8")
    contracts = text.replace("currency:", 'name: "on: \\u2028 #"\n    currency:')
    export = of("objectives:\n  - {attain: 99.95%, name: 'no'}\n", contracts)
    assert list(yaml.load_all(BytesIO(export.as_yaml()))) == documents(export)


def test_an_objective_of_a_policy_is_a_share_of_promises_in_a_month() -> None:
    export = of(
        'objectives:\n  - {metric: resolution, when: {tier: gold}, attain: 99.95%, name: "Größe: on"}\n'
        "  - {metric: [resolution, first_response], when: {policy: rest}, attain: 90%}\n"
    )
    check(export)
    first, second = kinds(export, "SLO").items()
    assert first[0] == "policies-grosse-on"
    assert b"target: 0.9995\n" in export.as_yaml()
    assert first[1]["spec"]["objectives"][0]["target"] == 0.9995
    assert first[1]["metadata"]["labels"] == {"metric": "resolution", "tier": "gold"}
    assert first[1]["spec"]["timeWindow"][0]["duration"] == "1M"
    assert second[0] == "policies-resolution-or-first-response-policy-rest"
    assert second[1]["metadata"]["labels"]["metric"] == ["resolution", "first_response"]
    annotations = second[1]["metadata"]["annotations"]
    assert (annotations["hubspot-sla.place"], annotations["hubspot-sla.policies"]) == ("2", "rest")
    assert [note.split(":")[0] for note in export.notes] == [
        "policies.yaml gives its objectives no period",
        "a promise counts for the first objective that covers it",
    ]


def test_another_share_or_another_objective_renames_none() -> None:
    one = "  - {metric: resolution, attain: 90%}\n"
    before = kinds(of(f"objectives:\n{one}"), "SLO")
    after = kinds(of("objectives:\n  - {attain: 80%}\n" + one.replace("90", "95")), "SLO")
    assert set(before) == {"policies-resolution"} < set(after)


def test_a_hundred_percent_is_no_target_of_openslo() -> None:
    export = of("objectives:\n  - {attain: 100%}\n")
    check(export)
    assert "below 100%" in unsaid(export, "policies-every-metric")


def test_the_window_of_a_contract_begins_where_its_own_calendar_does() -> None:
    export = promising("{id: kept, measure: {attainment: resolution}, promised: 95%}")
    check(export)
    assert spec(export)["timeWindow"] == [
        {
            "duration": "1Q",
            "isRolling": False,
            "calendar": {"startTime": "2026-05-01 00:00:00", "timeZone": "Europe/Berlin"},
        }
    ]
    (slo,) = kinds(export, "SLO").values()
    assert slo["metadata"]["name"] == "acme-support-v2-kept"
    assert slo["metadata"]["labels"] == {
        "metric": "resolution",
        "contract": "acme_support",
        "contract-version": "2",
        "party": "9001",
        "side": "customer",
    }


def test_a_rolling_window_rolls_and_says_when_it_is_looked_at() -> None:
    export = promising("{id: kept, measure: {attainment: all}, promised: 95%, window: {last_months: 12}}")
    check(export)
    assert spec(export)["timeWindow"] == [{"duration": "1Y", "isRolling": True}]
    assert "the last 12 months are looked at when a window of the contract ends" in export.notes[0]


def test_a_percentile_is_the_share_of_times_below_a_threshold() -> None:
    export = promising("{id: fast, measure: {percentile: 95, of: resolution}, promised: {at_most: 90m}}")
    check(export)
    assert spec(export)["objectives"] == [{"displayName": "fast", "op": "lte", "value": 5400, "target": 0.95}]
    (indicator,) = kinds(export, "SLI").values()
    assert "in s" in indicator["spec"]["thresholdMetric"]["metricSource"]["spec"]["figure"]


def test_a_percentile_of_values_is_the_share_of_them_below_a_threshold_and_a_limit_is_a_ratio() -> None:
    export = promising(
        "{id: slow, measure: {percentile: 95, of_values: probe, better: lower, unit: ms}, promised: {below: 45}}",
        "{id: within, measure: {values_within: probe, limit: {at_most: 45}}, promised: 99%}",
        feeds=PROBE,
    )
    check(export)
    slow, within = (slo["spec"]["objectives"] for slo in kinds(export, "SLO").values())
    assert slow == [{"displayName": "slow", "op": "lt", "value": 45, "target": 0.95}]
    assert within == [{"displayName": "within", "target": 0.99}]
    of_slow, of_within = (indicator["spec"] for indicator in kinds(export, "SLI").values())
    assert of_slow["thresholdMetric"]["metricSource"]["spec"]["figure"] == "each value, in ms"
    assert of_within["ratioMetric"]["good"]["metricSource"]["spec"]["count"] == "values within the limit"
    assert {"better (1)", "unit (1)", "limit (1)"} <= set(export.notes[-1].partition(": ")[2].split(", "))


@pytest.mark.parametrize(
    ("measure", "promised", "why"),
    [
        ("mean_value: probe, better: lower, unit: ms", "{at_most: 45}", "mean of the values in the window, in ms"),
        ("min_value: probe, better: higher", "{at_least: 4}", "one figure: smallest value in the window"),
        ("percentile: 10, of_values: probe, better: higher", "{at_least: 4}", "does not say what this percentile does"),
        ("misses: all", "{at_most: 2}", "no objective over one figure: promises broken"),
        ("mean_lateness: all", "{at_most: 1h}", "no objective over one figure: mean lateness"),
        ("mean: all, time: calendar", "{at_most: 1h}", "took on average in the window, in s by the calendar"),
        ("percentile: 100, of: resolution", "{at_most: 1h}", "below 100%"),
        ("attainment: all", "100%", "below 100%"),
        ("attainment: all", "{at_most: 99%}", "no end that a target could say"),
        ("attainment: all", "", "promises no figure"),
    ],
)
def test_what_openslo_cannot_promise_is_an_indicator_and_is_named(measure: str, promised: str, why: str) -> None:
    export = promising(
        f"{{id: odd, measure: {{{measure}}}{f', promised: {promised}' if promised else ''}}}", feeds=PROBE
    )
    check(export)
    assert why in unsaid(export, "acme-support-v2-odd")


def test_what_of_a_measure_openslo_has_no_field_for_is_named() -> None:
    export = promising(
        "{id: day, measure: {uptime: web, hours: office, whole: {step: 1m, round: up}}, promised: 99.9%}",
        "{id: times, measure: {outages: web, decimals: 0, round: down}, promised: 3}",
        feeds="feeds: {web: {csv: web.csv}}\n",
    )
    check(export)
    assert "no objective over one figure: outages that began" in unsaid(export, "acme-support-v2-times")
    assert {"hours (1)", "whole (1)", "decimals (1)", "round (1)"} <= set(
        export.notes[-1].partition(": ")[2].split(", ")
    )


def test_an_end_that_a_target_cannot_say_is_named() -> None:
    export = promising(
        "{id: open, measure: {attainment: all}, promised: {above: 95%}}",
        "{id: both, measure: {attainment: all}, promised: {at_least: 90%, at_most: 99%}, each: priority, repeat: 2}",
    )
    check(export)
    assert [note.partition(": ")[::2] for note in export.notes[:2]] == [
        ("acme-support-v2-open", "the share must be above its target, and OpenSLO takes the target itself as kept"),
        ("acme-support-v2-both", "one end of what is promised is written: the other stands in the annotation"),
    ]
    assert {"each (1)", "repeat (1)", "fees (1)"} <= set(export.notes[-1].partition(": ")[2].split(", "))


def test_versions_and_ids_that_read_alike_have_names_of_their_own() -> None:
    alike = CONTRACT.replace("acme_support", "a").replace("version: 2", "version: 1")
    other = alike.replace("contracts:\n", "").replace("id: a\n", "id: a_v1\n")
    kept = "      - {id: %s, measure: {attainment: all}, promised: 95%%}\n"
    export = of(contracts=alike + kept % "v1_x" + other + kept % "x")
    check(export)
    assert len(kinds(export, "SLO")) == 2


def test_a_long_name_is_cut_where_it_is_shown_and_whole_in_the_annotations() -> None:
    name = "every promise " * 20
    export = of(f"objectives:\n  - {{attain: 90%, name: {name}}}\n")
    check(export)
    (slo,) = kinds(export, "SLO").values()
    assert slo["metadata"]["annotations"]["hubspot-sla.display-name"] == name.strip()


@settings(max_examples=25)
@given(st.lists(st.tuples(st.text(max_size=80), st.text(max_size=5)), max_size=8))
def test_names_are_labels_of_rfc_1123_unique_and_the_same_in_any_order(each: list[tuple[str, str]]) -> None:
    named = [Named((first, "v1"), f"{first}/{second}") for first, second in each]
    names = unique_names(named)
    assert len(set(names)) == len(names)
    assert all(NAME.fullmatch(name) for name in names)
    assert sorted(unique_names(named[::-1])) == sorted(names)


@given(st.text(max_size=100))
def test_the_value_of_a_label_is_one_or_nothing(text: str) -> None:
    assert re.fullmatch(r"([a-zA-Z0-9]([-._a-zA-Z0-9]{0,61}[a-zA-Z0-9])?)?", label(text))
