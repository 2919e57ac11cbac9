"""Which room may import which, and what the pure rooms may know: docs/explanation/architecture.md says why."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import grimp
import pytest

PACKAGE = "hubspot_sla"
SANDBOX = "hubspot_sandbox"
ROOT = Path(__file__).parents[2] / "connector" / PACKAGE
ROOMS = (
    "clock",
    "plan",
    "measure",
    "contract",
    "policy",
    "hubspot",
    "ledger",
    "channels",
    "ops",
    "feeds",
    "language",
    "render",
    "flows",
    "cli",
)

MAY_IMPORT = {
    "clock": {"quickly_made"},
    "plan": {"clock"},
    "measure": {"clock", "quickly_made"},
    "contract": {"clock", "measure"},  # attainment and periods are defined once
    "policy": {"clock", "plan", "measure", "contract", "quickly_made"},
    "hubspot": {"clock", "plan", "bounded_http", "plain_text", "quickly_made"},
    "ledger": {"clock", "plan", "measure", "contract"},
    "language": set(),
    "render": {"clock", "plan", "measure", "plain_text", "language"},
    "channels": {"clock", "plan", "bounded_http", "plain_text", "language"},
    "ops": {"bounded_http", "plain_text"},
    "feeds": {"bounded_http"},
    "flows": {
        *("clock", "plan", "measure", "contract", "policy", "hubspot", "ledger", "channels", "ops", "feeds"),
        *("redaction", "plain_text", "quickly_made", "language", "render"),
    },
    "cli": {
        *("clock", "plan", "policy", "hubspot", "ledger", "channels", "ops", "feeds", "flows", "language", "render"),
        *("business_time", "redaction", "plain_text", "bounded_http"),
    },
    "bounded_http": set(),  # a module beside the rooms: requests that end
    "quickly_made": set(),  # a module beside the rooms: frozen dataclasses in less time
    "plain_text": set(),  # a module beside the rooms: text of strangers made harmless
    "redaction": set(),  # a module beside the rooms, as errors is
    "jobs": {"flows", "ledger"},  # a module beside the rooms: what job files import
    "business_time": {"clock", "policy"},  # a module beside the rooms: what scripts and notebooks import
}
KNOWS_ERRORS = {"policy", "hubspot", "ledger", "channels", "ops", "feeds", "flows", "cli"}

PURE = ("clock", "plan", "measure", "contract")
STANDARD_LIBRARY_OF_THE_PURE = {
    "__future__",
    "bisect",
    "collections",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "fractions",
    "functools",
    "itertools",
    "operator",
    "typing",
    "zoneinfo",
}
IMPURE_CALLS = {"now", "utcnow", "today", "open", "print", "input", "getenv", "monotonic", "time_ns", "sleep"}


@cache
def imports() -> grimp.ImportGraph:
    return grimp.build_graph(PACKAGE, SANDBOX, include_external_packages=True, cache_dir=None)


def room_of(module: str) -> str:
    return module.split(".")[1] if module.startswith(f"{PACKAGE}.") else ""


def imported_by(room: str) -> set[str]:
    graph = imports()
    own = {f"{PACKAGE}.{room}", *graph.find_descendants(f"{PACKAGE}.{room}")}
    return {target for module in own for target in graph.find_modules_directly_imported_by(module)}


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_no_arrow_points_up_or_sideways(room: str) -> None:
    ours = {room_of(target) for target in imported_by(room)} - {"", room}
    allowed = MAY_IMPORT[room] | ({"errors"} if room in KNOWS_ERRORS else set())
    assert ours <= allowed


FLOWS = (
    *("context", "records", "judging", "reading", "reporting", "sending"),
    *("runs", "worker", "installation", "inspection", "simulation", "receipts"),
)
"""The rooms within the flows, from the lowest up: each imports only those before it."""


def test_every_room_within_the_flows_has_its_place() -> None:
    inner = {path.name for path in (ROOT / "flows").iterdir() if (path / "__init__.py").exists()}
    loose = {path.name for path in (ROOT / "flows").glob("*.py")}
    assert (inner, loose) == (set(FLOWS), {"__init__.py"})


@pytest.mark.parametrize("room", FLOWS)
def test_the_rooms_within_the_flows_import_only_downwards(room: str) -> None:
    prefix = f"{PACKAGE}.flows."
    graph = grimp.build_graph(PACKAGE, cache_dir=None, exclude_type_checking_imports=False)
    own = {f"{prefix}{room}", *graph.find_descendants(f"{prefix}{room}")}
    targets = {target for module in own for target in graph.find_modules_directly_imported_by(module)}
    inner = {target.removeprefix(prefix).split(".")[0] for target in targets if target.startswith(prefix)}
    assert inner - {room} <= set(FLOWS[: FLOWS.index(room)])


def test_the_sandbox_imports_nothing_of_the_product() -> None:
    graph = imports()
    modules = {SANDBOX, *graph.find_descendants(SANDBOX)}
    targets = {target for module in modules for target in graph.find_modules_directly_imported_by(module)}
    assert {target for target in targets if target.split(".")[0] == PACKAGE} == set()


def test_only_commands_import_the_sandbox() -> None:
    graph = imports()
    targets = {SANDBOX, *graph.find_descendants(SANDBOX)}
    users = {user for target in targets for user in graph.find_modules_that_directly_import(target)} - targets
    assert {user.rsplit(".", 1)[0] for user in users} == {f"{PACKAGE}.cli"}


def test_only_commands_and_the_package_itself_use_what_is_made_for_scripts() -> None:
    users = imports().find_modules_that_directly_import(f"{PACKAGE}.business_time")
    assert {room_of(user) for user in users} <= {"", "cli"}


def test_every_room_is_in_the_plan() -> None:
    found = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()}
    assert found == set(ROOMS)


@pytest.mark.parametrize("room", PURE)
def test_the_pure_rooms_know_only_a_little_of_the_standard_library(room: str) -> None:
    foreign = {target.split(".")[0] for target in imported_by(room) if not target.startswith(PACKAGE)}
    assert foreign <= STANDARD_LIBRARY_OF_THE_PURE


@pytest.mark.parametrize("path", [path for room in PURE for path in sorted((ROOT / room).glob("*.py"))], ids=str)
def test_the_pure_rooms_have_no_now_and_no_input_or_output_of_their_own(path: Path) -> None:
    calls = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    }
    assert not calls & IMPURE_CALLS


def test_only_one_flow_wires_real_parts_together() -> None:
    constructors = {f"{PACKAGE}.ledger.database", f"{PACKAGE}.hubspot.portal"}
    graph = imports()
    users = {
        module
        for constructor in constructors
        for module in graph.find_modules_that_directly_import(constructor)
        if room_of(module) in ("flows", "cli")
    }
    named = {module for module in users if _constructs(module)}
    assert named == {f"{PACKAGE}.flows.context.context"}


def _constructs(module: str) -> bool:
    path = ROOT.parent / Path(*module.split(".")).with_suffix(".py")
    text = path.read_text(encoding="utf-8")
    return "Portal.connect(" in text or "open_for_writing" in text
