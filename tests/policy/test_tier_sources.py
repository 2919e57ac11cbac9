"""A new kind of tier source is one file and one line: here is such a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pytest

from hubspot_sla.errors import MappingInvalid
from hubspot_sla.policy.customers import CompanyView
from hubspot_sla.policy.field_types import Text
from hubspot_sla.policy.json_schema import schema_of
from hubspot_sla.policy.loader import load, read_texts
from hubspot_sla.policy.tier_sources import kinds
from hubspot_sla.policy.tier_sources.source import CompiledSource
from hubspot_sla.policy.tier_sources.source_section import SourceSection
from policy.mapping_texts import texts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hubspot_sla.policy.customers import Customer
    from hubspot_sla.policy.tier_sources.source import SourceContext


class CompanyListSection(SourceSection):
    """A text file with one company id a line, all of one tier."""

    KEY: ClassVar[str] = "list"

    list: Text
    of: Text

    @property
    def file(self) -> str:
        return self.list

    def compiled(self, context: SourceContext) -> CompiledSource:
        return CompiledSource(CompanyList(self.of, frozenset(context.texts[self.list].split())))


@dataclass(frozen=True)
class CompanyList:
    given: str
    company_ids: frozenset[str]
    name: str = "list"

    def tier(self, customer: Customer, at_ms: int) -> tuple[str | None, str]:  # noqa: ARG002 - as every source
        listed = customer.company is not None and customer.company.id in self.company_ids
        return (self.given, "it is on the list") if listed else (None, "it is not on the list")

    def turns(self, customer: Customer) -> Iterable[int]:  # noqa: ARG002
        return ()


TIERS = "ranks: [gold, silver]\nsources:\n  - {list: golden.txt, of: gold}\n"


@pytest.fixture
def with_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "KINDS", [*kinds.KINDS, CompanyListSection])


def test_a_new_kind_of_source_is_a_line_in_the_table(with_lists: None, tmp_path: Path) -> None:
    for name, text in (texts(tiers=TIERS) | {"golden.txt": "7\n8\n"}).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    tiers = load(read_texts(tmp_path)).tiers
    listed = tiers.of([CompanyView("7", primary=True, property_history={})], 0, 0)
    assert (listed.tier, listed.source, listed.why) == ("gold", "list", "it is on the list")
    assert tiers.of([CompanyView("9", primary=True, property_history={})], 0, 0).tier is None
    assert (tiers.property_sources, tiers.feeds, tiers.company_properties) == ((), (), ())


def test_its_keys_are_checked_and_in_the_schema(with_lists: None) -> None:
    with pytest.raises(MappingInvalid, match=r"tiers.yaml:3:24: there is no key 'off' here \(did you mean 'of'\?\)"):
        load(texts(tiers=TIERS.replace("of:", "off:")) | {"golden.txt": ""})
    assert '"list"' in str(schema_of("tiers")).replace("'", '"')


def test_without_the_line_the_language_does_not_know_it() -> None:
    with pytest.raises(MappingInvalid, match="a source is one of `company_property`"):
        load(texts(tiers=TIERS))
