"""The kinds of sources there are, and how an entry of `sources` finds its kind.

A new kind is a file beside this one and a line in `KINDS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic_core import core_schema

from hubspot_sla.policy.field_types import Variants
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.tier_sources.company_property import CompanyPropertySection
from hubspot_sla.policy.tier_sources.contact_property import ContactPropertySection
from hubspot_sla.policy.tier_sources.csv_file import CsvFileSection
from hubspot_sla.policy.tier_sources.http_endpoint import HttpEndpointSection
from hubspot_sla.policy.tier_sources.source_section import SourceSection
from hubspot_sla.policy.value_errors import Refused, nearest
from hubspot_sla.policy.yaml_document import described

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

KINDS: list[type[SourceSection]] = [
    CompanyPropertySection,
    ContactPropertySection,
    CsvFileSection,
    HttpEndpointSection,
]


def kind_of(entry: object) -> type[SourceSection]:
    """The kind whose key the entry has. Refused: it has none, or several."""
    if not isinstance(entry, dict):
        raise Refused(
            f"a source must be a group of keys, not {described(entry)}", f"write one of {_keys()}", code=Code.WRONG_TYPE
        )
    kinds = [kind for kind in KINDS if kind.KEY in entry]
    if len(kinds) == 1:
        return kinds[0]
    if kinds:
        raise Refused(f"a source is one of {_keys()}", "begin each with a dash", code=Code.WRONG_TYPE)
    known = {name for kind in KINDS for name in kind.model_fields}
    misspelt = next((key for key in entry if key not in known), None)
    raise Refused(
        f"a source is one of {_keys()}", nearest(misspelt, _key_names()) if misspelt else "", code=Code.MISSING_KEY
    )


def parse_source(entry: object) -> SourceSection:
    """The entry as its kind reads it."""
    return entry if isinstance(entry, SourceSection) else kind_of(entry).model_validate(entry)


class OfSomeKind(Variants):
    """For pydantic: an entry is read by its kind, and in the JSON Schema it is any of them."""

    @classmethod
    def forms(cls) -> list[type[SourceSection]]:
        return KINDS

    @classmethod
    def form_of(cls, entry: object) -> type[SourceSection]:
        return kind_of(entry)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(parse_source)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [handler(kind.__pydantic_core_schema__) for kind in KINDS]}


AnySource = Annotated[SourceSection, OfSomeKind]


def _key_names() -> list[str]:
    return [kind.KEY for kind in KINDS]


def _keys() -> str:
    *others, last = (f"`{key}`" for key in _key_names())
    return f"{', '.join(others)} and {last}"
