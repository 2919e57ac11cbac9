"""Rows that an endpoint answered have no line that anybody could look at: what is wrong with one names its company."""

from __future__ import annotations

import json

from hubspot_sla.policy.loader import load
from policy.mapping_texts import texts


def test_what_is_wrong_with_a_row_of_an_endpoint_names_its_company_and_no_line() -> None:
    rows = [
        {"company_id": "1", "tier": "platinum"},
        {"company_id": "2", "tier": ""},
        {"company_id": "", "tier": "gold"},
        {"company_id": "3", "tier": "gold", "note": "two\nlines"},
        {"company_id": "4", "tier": "gold", "valid_from": "2026-13-01"},
        {"company_id": "5", "tier": "gold"},
        {"company_id": "5", "tier": "silver"},
        {"company_id": "Acme & Söhne", "tier": "silver"},
    ]
    url = "https://contracts.example/tiers"
    tiers = load(texts(tiers=f"ranks: [gold, silver]\nsources:\n  - http: {url}\n") | {url: json.dumps(rows)}).tiers
    assert [str(flaw) for flaw in tiers.flaws] == [
        f"{url}: company 1: there is no tier 'platinum' (there is 'gold', 'silver')",
        f"{url}: company 2: the tier is empty (there is 'gold', 'silver')",
        f"{url}: the company id is empty",
        f"{url}: company 4: '2026-13-01' is not a date (write 2026-12-24)",
        f"{url}: company 5 is silver always, and gold always in another row (let one end on the day the next begins)",
    ]
    (doubt,) = tiers.doubts
    assert doubt.where == url
    assert "'Acme & Söhne' is no id of a company" in doubt.message
    assert sorted(tiers.company_lines[url]) == ["1", "2", "3", "5"]
