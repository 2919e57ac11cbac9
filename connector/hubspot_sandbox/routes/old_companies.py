"""Companies and definitions in their second edition, which data pipelines still read.

Numbers are numbers there, instants epoch milliseconds, and each property tells its versions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox.json_views import Answer, Json, property_json
from hubspot_sandbox.object_types import COMPANIES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubspot_sandbox.records import Record, Version
    from hubspot_sandbox.routes.call import Call

_USUAL_PAGE, _LARGEST_PAGE = 100, 250


def list_definitions(call: Call) -> Answer:
    """A bare array."""
    return Answer(200, [property_json(definition) for definition in call.portal.catalogue(COMPANIES).listed()])


def list_companies(call: Call) -> Answer:
    """A page with the properties asked for; `offset` is where the next one begins."""
    after, limit = number(call, "offset", 0), min(number(call, "limit", _USUAL_PAGE), _LARGEST_PAGE)
    companies, following = call.portal.table(COMPANIES).page(after, max(limit, 1))
    names = call.names("properties")
    return Answer(
        200,
        {
            "companies": [_company(call, company, names) for company in companies],
            "has-more": following is not None,
            "offset": following or 0,
        },
    )


def get_company(call: Call) -> Answer:
    """One company with all that is set."""
    record = call.portal.record(COMPANIES, call.params["record_id"])
    return Answer(200, _company(call, record, record.values))


def number(call: Call, name: str, usual: int) -> int:
    """A whole number of the query; what is none counts as not sent."""
    text = call.query.get(name, "")
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 19 else usual


def _company(call: Call, record: Record, names: Iterable[str]) -> Json:
    return {
        "portalId": call.portal.account.portal_id,
        "companyId": record.id,
        "isDeleted": record.archived_ms is not None,
        "properties": {name: _value(name, record.versions(name)) for name in sorted(names) if name in record.values},
    }


def _value(name: str, versions: list[Version]) -> Json:
    rows = [_version(name, version) for version in versions]
    return {**rows[0], "versions": rows}


def _version(name: str, version: Version) -> Json:
    return {
        "name": name,
        "value": version.value,
        "timestamp": version.at_ms,
        "source": version.source,
        "sourceId": version.source_id,
    }
