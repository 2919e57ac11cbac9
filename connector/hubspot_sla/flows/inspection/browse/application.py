"""Datasette over the ledger: SQLite opens the file for reading only, and the tables behind the views are hidden."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from datasette.app import Datasette
from datasette.database import Database
from datasette.plugins import pm
from ruamel.yaml import YAML

from hubspot_sla.flows.context.portal_binding import record_link
from hubspot_sla.flows.inspection.browse import plugin
from hubspot_sla.ledger import report_rows
from hubspot_sla.plan.records import TICKETS

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

NAME: Final = "ledger"
"""Of the database, whatever the file is called: addresses and queries hold it."""
_SETTINGS: Final = {
    "sql_time_limit_ms": 20_000,
    "facet_time_limit_ms": 1_000,
    "suggest_facets": False,  # it would try every column of a million rows
    "allow_download": False,
    "template_debug": False,
}


def application(path: Path, db: sqlite3.Connection) -> Datasette:
    """Of the ledger at `path`, which `db` has open: it says what there is and where the records are."""
    if not pm.is_registered(plugin):  # before there is an application: it is wrapped when it is made
        pm.register(plugin)
    served = Datasette([], metadata=metadata_of(db), settings=dict(_SETTINGS))
    served.remove_database("_memory")
    served.add_database(Database(served, path=str(path), is_mutable=True), name=NAME)
    return served


def metadata_of(db: sqlite3.Connection) -> dict[str, Any]:
    """That of the file, with every table hidden."""
    text = resources.files(__package__).joinpath("metadata.yaml").read_text(encoding="utf-8")
    metadata: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    tables = (row[0] for row in db.execute("select name from sqlite_master where type = 'table'"))
    metadata["databases"][NAME]["tables"] |= {table: {"hidden": True} for table in tables}
    metadata["plugins"][plugin.NAME] = {plugin.LINKS: links_of(db)}
    return metadata


def links_of(db: sqlite3.Connection) -> dict[str, str]:
    """The address of a record up to its id, by object type."""
    types = [str(each) for each in report_rows.distinct(db, "o.object_type")]
    links = {object_type: record_link(db, object_type) for object_type in dict.fromkeys([TICKETS, *types])}
    return {object_type: link for object_type, link in links.items() if link}
