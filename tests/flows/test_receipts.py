"""Receipts: made from a ledger, verified without one; any change is found, and nothing of anybody else is in them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from altered import alter
from flows.world import NOW, world
from hubspot_sla.errors import LedgerDamaged, ReplayDiffers, UsageProblem
from hubspot_sla.flows.receipts import receipt as form
from hubspot_sla.flows.receipts.make import make
from hubspot_sla.flows.receipts.receipt import canonical, unpacked
from hubspot_sla.flows.receipts.verify import verify
from hubspot_sla.flows.runs import waive
from hubspot_sla.ledger import audit_head, database
from hubspot_sla.ledger.waivers import WaiverTerms
from hubspot_sla.plan.records import RecordRef
from proof import SCALE
from proofs import people
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flows.world import World
    from hubspot_sla.flows.receipts.verify import Verified
    from hubspot_sla.ledger.audit_head import Head

TICKETS = 7 if SCALE == 1 else 1_000
WHO = "Wanda Orlova"


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Tickets of the starter mappings, judged three times over: some late, some closed, some merged, one waived."""
    made = world(copied_portal(NOW, tickets=TICKETS), tmp_path_factory.mktemp("receipts"), None)
    made.set_up()
    made.sync()
    made.advance(hours=30)
    ids = made.portal.ids("tickets")
    made.change(ids[0], hs_ticket_priority="LOW")
    people.merge(made, ids[1], ids[2])
    late = made.rows("select record_id from verdicts where status in ('breached', 'missed') order by record_id")
    waived = next(str(id_) for (id_,) in late if id_ not in ids[:3])
    with database.open_beside(made.folder / "ledger.db") as ledger:
        terms = WaiverTerms("agreed by phone", WHO, int(made.now.timestamp() * 1000))
        waive.grant(ledger, waive.Asked(record=waived), terms)
    made.sync()
    yield made
    made.close()


@pytest.fixture(scope="module")
def records(judged: World) -> list[str]:
    return [str(id_) for (id_,) in judged.rows("select distinct record_id from verdicts order by record_id")]


def receipt_of(world: World, record_id: str, head: Head | None = None, metric: str | None = None) -> bytes:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        return make(ledger.db, RecordRef.of(record_id), head=head, metric=metric)


def head_of(world: World, size: int | None = None) -> Head:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        return audit_head.of(ledger.db, size)


def verified(text: bytes, *heads: Head) -> Verified:
    return verify(unpacked(text), heads)


def exit_code_of(text: bytes, head: Head) -> int:
    try:
        return verified(text, head).exit_code
    except UsageProblem as refused:
        return refused.exit_code


def sealed_anew(body: dict[str, Any]) -> bytes:
    """As somebody would write it who knows how."""
    return canonical({**body, "checksum": form._checksum(body)}) + b"\n"


def test_every_receipt_recomputes_and_is_anchored_in_the_head_that_its_reader_holds(
    judged: World, records: list[str]
) -> None:
    head = head_of(judged)
    assert len(records) >= TICKETS - 1
    for record in records if SCALE > 1 else records[:4]:
        text = receipt_of(judged, record)
        held, unheld = verified(text, head), verified(text)
        assert (held.differences, held.exit_code, unheld.exit_code) == ([], 0, 1)
        assert held.verdicts.keys() >= {"resolution"}
        assert len(text) < 40_000
    assert "anchored nowhere" in unheld.conclusion


def test_a_receipt_ends_in_an_earlier_head_where_that_is_asked_for(judged: World, records: list[str]) -> None:
    newest = head_of(judged)
    earlier = head_of(judged, newest.size - 1)
    text = receipt_of(judged, records[3], earlier)
    assert verified(text, earlier).exit_code == 0
    assert verified(text, newest).differences  # nothing shows that the one is the beginning of the other
    with database.open_for_reading(judged.folder / "ledger.db") as ledger:
        later = audit_head.since(ledger.db, earlier)
    assert verified(text, later).exit_code == 0
    assert verified(text, newest, earlier).exit_code == 0
    with pytest.raises(UsageProblem, match="in its first 2 entries"):
        receipt_of(judged, records[3], head_of(judged, 2))


def test_one_metric_is_enough(judged: World, records: list[str]) -> None:
    found = verified(receipt_of(judged, records[3], metric="resolution"), head_of(judged))
    assert (list(found.verdicts), found.exit_code) == (["resolution"], 0)
    with pytest.raises(UsageProblem, match="no verdict on 'patience'") as refused:
        receipt_of(judged, records[3], metric="patience")
    assert "resolution" in refused.value.remedy


def test_a_receipt_forged_whole_from_a_second_ledger_is_refused(judged: World, tmp_path: Path) -> None:
    head = head_of(judged)
    other = world(copied_portal(NOW, tickets=6), tmp_path, None)
    other.set_up()
    other.sync()
    ticket = str(other.rows("select record_id from verdicts")[0][0])
    text = receipt_of(other, ticket)
    assert verified(text, head_of(other)).exit_code == 0
    assert verified(text).exit_code == 1
    assert verified(text, head).exit_code == 4
    size = head_of(other).size
    assert size <= head.size
    assert "another log" in verified(text, head_of(judged, size)).differences[0]
    with pytest.raises(LedgerDamaged, match="not the log of that head"):
        receipt_of(other, ticket, head_of(judged, size))
    other.close()


def test_every_change_of_a_single_byte_is_refused(judged: World, records: list[str]) -> None:
    head = head_of(judged)
    text = receipt_of(judged, records[0], metric="resolution")
    for place in range(0, len(text), 1 if SCALE > 1 else 37):
        for change in (1, 32) if SCALE > 1 else (1,):
            altered = text[:place] + bytes([text[place] ^ change]) + text[place + 1 :]
            assert exit_code_of(altered, head) in (2, 4), place
    for altered in (text[:-1], text + b"\n", b" " + text, text[: len(text) // 2]):
        with pytest.raises(UsageProblem, match="no receipt"):
            unpacked(altered)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from leaves(inner, (*path, key))
    if not isinstance(value, dict | list):
        yield path


def with_leaf(body: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    """The same with one value that is another one."""
    copy = orjson.loads(orjson.dumps(body))
    inside = copy
    for key in path[:-1]:
        inside = inside[key]
    value = inside[path[-1]]
    if isinstance(value, str):
        inside[path[-1]] = ("1" if value[:1] != "1" else "2") + value[1:]
    else:
        inside[path[-1]] = not value if isinstance(value, bool) or value is None else value + 1
    return copy


def test_what_the_chain_proves_cannot_be_changed_even_with_a_new_checksum(judged: World, records: list[str]) -> None:
    """The entries, the facts, the head, and which verdict stands where. The rest is shown, as `verify` says."""
    head = head_of(judged)
    body = orjson.loads(receipt_of(judged, records[0], metric="resolution"))
    proven = [path for path in leaves(body) if path[0] in ("entries", "facts", "head", "clocks", "record")]
    assert len(proven) > 60
    for path in proven if SCALE > 1 else proven[::3]:
        assert exit_code_of(sealed_anew(with_leaf(body, path)), head) in (2, 4), path


def test_another_promise_gives_another_verdict(judged: World, records: list[str]) -> None:
    due = judged.rows("select record_id from verdicts where clock = 'resolution' and body like '%due_at%'")
    body = orjson.loads(receipt_of(judged, str(due[0][0]), metric="resolution"))
    for value in body["shared"]:
        if "Promise" in value:
            value["Promise"]["budget_ms"] *= 2
    (difference,) = verified(sealed_anew(body), head_of(judged)).differences
    assert "the clock does not give what entry" in difference
    assert "due_at 2026-" in difference


def test_a_receipt_holds_nothing_of_other_tickets_customers_and_people(judged: World, records: list[str]) -> None:
    everybody = {
        *(str(id_) for (id_,) in judged.rows("select id from companies")),
        *(name for (name,) in map(str_row, judged.rows("select name from names where kind in ('company', 'owner')"))),
        *(owner.email for owner in judged.portal.owners.values()),
        *judged.portal.owners,
        *records,
    }
    assert len(everybody) > TICKETS
    for record in records[: 4 if SCALE == 1 else None]:
        text = receipt_of(judged, record).decode()
        found = {other for other in everybody if f'"{other}"' in text.replace("\\", "")}
        assert found - {record} <= own(judged, record), record


def test_a_receipt_says_nothing_of_waivers_of_other_tickets(judged: World, records: list[str]) -> None:
    ((waived,),) = judged.rows("select record_id from waivers")
    assert {record for record in records if WHO in receipt_of(judged, record).decode()} == {waived}


def str_row(row: tuple[object, ...]) -> tuple[str]:
    return (str(row[0]),)


def own(judged: World, record: str) -> set[str]:
    """Whatever its own facts and entries name, as whoever was to get a task about it: a lead, for example."""
    facts = judged.rows(f"select value from facts where record_id = '{record}'")
    rows = judged.rows(f"select body from audit where record_id = '{record}'")
    bodies = [orjson.loads(str(body)) for (body,) in rows]
    absorbed = {id_ for body in bodies for id_ in body.get("absorbed", [])}
    absorbed |= {body.get("merged_into", record) for body in bodies}
    inherited = [row for id_ in absorbed for row in judged.rows(f"select value from facts where record_id = '{id_}'")]
    linked = {company for body in bodies for company, _ in body.get("companies", [])}
    asked = {action["owner_id"] for body in bodies for action in body.get("plan", []) if "owner_id" in action}
    return {str(value) for (value,) in (*facts, *inherited)} | linked | absorbed | asked


def test_it_says_which_libraries_its_calendars_are_of_and_compares_them(judged: World, records: list[str]) -> None:
    receipts = (receipt_of(judged, record) for record in records)
    ticket = next(text for text in receipts if b'"country":"DE"' in text and b"Christmas" in text)
    body = orjson.loads(ticket)
    assert all(calendar["of"].keys() == {"holidays", "tzdata"} for calendar in body["shown"]["calendars"])
    for value in body["shared"]:
        if years := value.get("StatedHolidays", {}).get("by_year", {}).get("map"):
            years[0][1]["map"].append([{"date": "2026-02-03"}, "Nobody's Day"])
    found = verified(sealed_anew(body), head_of(judged))
    assert any("2026-02-03 is no holiday" in difference for difference in found.differences)
    for calendar in body["shown"]["calendars"]:
        calendar["of"]["holidays"] = "0.1"
    found = verified(sealed_anew(body), head_of(judged))
    assert not any("2026-02-03" in difference for difference in found.differences)
    assert any("0.1" in remark and "2026-02-03" in remark for remark in found.remarks)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"receipt":1}\n',
        b'{"receipt":2}\n',
        b'{"receipt":NaN}\n',
        b'{"receipt":1,"receipt":1}\n',
        b'{"receipt":1e999}\n',
        b'{"receipt":' + b"9" * 400 + b"}\n",
        b"[" * 100_000,
        b'{"receipt":' + b"[" * 900 + b"]" * 900 + b"}\n",
        b'{"receipt":"' + b"x" * form.LONGEST + b'"}\n',
        b"\xff\xfe",
        b'{"receipt":"\\ud800"}\n',
    ],
    ids=range(15),
)
def test_what_strangers_send_is_no_receipt(text: bytes) -> None:
    with pytest.raises(UsageProblem):
        unpacked(text)


HOSTILE = {
    "a class that is not one of ours": lambda body: body["shared"].append({"Popen": {"args": "true"}}),
    "a reference to what comes later": lambda body: body["shared"].insert(0, {"ref": 5}),
    "a field that is not there": lambda body: body["shared"].append({"Place": {"name": "x", "spell": "y"}}),
    "entries out of their order": lambda body: body["entries"].append(body["entries"][0]),
    "no entries": lambda body: body.update(entries=[]),
    "a clock of an entry that is not there": lambda body: body.update(clocks={"resolution": 10**6}),
    "a number beyond all numbers": lambda body: body["entries"][0].update(at=2**60),
    "a digest that is no digest": lambda body: body["entries"][0].update(commitment="g" * 64),
    "a head without a root": lambda body: body["head"].update(root=""),
    "a salt that is no salt": lambda body: body["facts"].update(salt="xyz"),
    "too many values": lambda body: body.update(shared=[1] * 10_001),
    "shown as a list": lambda body: body.update(shown=[]),
    "a date that is none": lambda body: body["shared"].append({"date": "2026-02-30"}),
    "hours that are none": lambda body: body["shared"].append({"Hours": {"from_minute": 9_000, "to_minute": 1}}),
    "a zone without offsets": lambda body: body["shared"].append({"StatedZone": {"name": "x", "changes": []}}),
    "a list as a key": lambda body: body["shared"].append({"map": [[{"map": []}, 1]]}),
}


@pytest.mark.parametrize("how", HOSTILE)
def test_a_receipt_of_hostile_values_ends_with_what_is_wrong(judged: World, records: list[str], how: str) -> None:
    body = orjson.loads(receipt_of(judged, records[0], metric="resolution"))
    HOSTILE[how](body)
    with pytest.raises(UsageProblem, match="no receipt"):
        unpacked(sealed_anew(body))


def test_values_that_the_clock_cannot_bear_differ(judged: World, records: list[str]) -> None:
    body = orjson.loads(receipt_of(judged, records[0], metric="resolution"))
    for words in (None, 7, "x", []):
        found = verified(sealed_anew({**body, "words": words}), head_of(judged))
        assert found.exit_code == 4
        assert "cannot be computed" in found.differences[-1]


def test_of_a_receipt_by_other_rules_of_the_clock_all_holds_but_what_nobody_can_compute(
    judged: World, records: list[str]
) -> None:
    body = orjson.loads(receipt_of(judged, records[0])) | {"rules": 99, "made_by": {"hubspot_sla": "9.1"}}
    found = verified(sealed_anew(body), head_of(judged))
    assert (found.exit_code, found.differences, found.computed) == (2, [], [])
    assert "made by rules 99" in found.conclusion
    assert "stand in the log of your head" in found.conclusion
    assert "hubspot-sla 9.1 can say" in found.not_computed[0]
    assert found.proven
    assert len(found.verdicts) == len(body["clocks"])
    assert "anchored nowhere" in verified(sealed_anew(body)).conclusion
    body["facts"]["content"][0][0][2] += 1
    assert verified(sealed_anew(body), head_of(judged)).exit_code == 4


def test_what_the_log_says_nothing_of_has_no_receipt(judged: World) -> None:
    with pytest.raises(UsageProblem, match="says nothing of 999"):
        receipt_of(judged, "999")


def test_no_receipt_is_given_of_an_altered_ledger(judged: World, records: list[str], tmp_path: Path) -> None:
    for number, statement in enumerate(
        (
            "update facts set value = '4' where name = 'hs_pipeline_stage'",
            "delete from records",
            "update audit set hash = zeroblob(32)",
            "update audit set body = '{}'",
        )
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        shutil.copy(judged.folder / "ledger.db", folder / "ledger.db")
        alter(folder / "ledger.db", statement)
        with pytest.raises((ReplayDiffers, LedgerDamaged)) as refused:
            receipt_of(replace_folder(judged, folder), records[0])
        assert refused.value.exit_code == 4


def replace_folder(judged: World, folder: Path) -> World:
    return replace(judged, folder=folder)


def test_canonical_json_is_what_the_rfc_says() -> None:
    """Section 3.2.3 of RFC 8785, as far as a receipt has such values; whole numbers only."""
    given = {"b": ['€$\u000f\nA\'B"\\"/', None, True, False], "a": [0, -1, 2**53 - 1], "1": {}}
    expected = '{"1":{},"a":[0,-1,9007199254740991],"b":["€$\\u000f\\nA\'B\\"\\\\\\"/",null,true,false]}'
    assert canonical(given).decode() == expected
