"""Tickets from a file: JSON lines in HubSpot's own shape, plain or gzip, one at a time.

A row is what the CRM objects API answers for one ticket: `id`, `properties`, `propertiesWithHistory`,
`associations`. A row that cannot be read becomes a `BadRow` with its line and reason; the others do not notice.
Memory holds one row, however long the file is.
"""

from __future__ import annotations

import gzip
import sys
import zlib
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, cast

import orjson

from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.records.record_facts import TOLERANCE_MS
from hubspot_sla.hubspot import wire_time
from hubspot_sla.hubspot.activities import PROPERTIES as ACTIVITY_KINDS
from hubspot_sla.hubspot.activities import Activity, activity_of
from hubspot_sla.hubspot.conversations import Actor, ThreadEntry, actor_of, entries_in
from hubspot_sla.hubspot.json_fields import mapping, objects, optional_text, text
from hubspot_sla.hubspot.markers import NOTE_MARKER
from hubspot_sla.hubspot.objects.tickets import PROFILE
from hubspot_sla.hubspot.parse_records import HistoryEntry, entry_of
from hubspot_sla.hubspot.record_rows import CrmRecord
from hubspot_sla.quickly_made import quickly_made

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hubspot_sla.hubspot.json_fields import Json
    from hubspot_sla.hubspot.parse_records import History, Properties

STDIN = "-"
LONGEST = 64 * 1024 * 1024
"""Bytes of one line. HubSpot keeps a few hundred versions a property; what is longer is no ticket."""
_GZIP = b"\x1f\x8b"
_AT_ONCE = 1024 * 1024


_MESSAGE_KEYS = {"threads", *ACTIVITY_KINDS}
LATER_MS = 2 * TOLERANCE_MS


@quickly_made
@dataclass(frozen=True, slots=True)
class Linked:
    """A company or contact of a row; `properties` and `history` are empty where the row has only the id."""

    id: str
    primary: bool
    properties: Properties
    history: History
    seen_at_ms: int


@dataclass(frozen=True, slots=True)
class RowMessages:
    """The messages of a row: `entries` of its threads (None: the row tells of no threads), those who wrote them by id,
    and its activities by kind."""

    entries: tuple[ThreadEntry, ...] | None = None
    actors: Mapping[str, Actor] = field(default_factory=dict)
    activities: tuple[Activity, ...] = ()


NO_MESSAGES = RowMessages()


@quickly_made
@dataclass(frozen=True, slots=True)
class Row:
    """One ticket and what it hangs together with."""

    line: int
    ticket: CrmRecord
    companies: tuple[Linked, ...]
    contacts: tuple[Linked, ...]
    messages: RowMessages = NO_MESSAGES


@dataclass(frozen=True, slots=True)
class BadRow:
    """A line that holds no ticket, and why. `id` is empty where none could be read."""

    line: int
    id: str
    reason: str


def read(file: str) -> Iterator[Row | BadRow]:
    """Every line of FILE (`-`: standard input) that is not blank. UsageProblem: it cannot be opened."""
    for number, line in unparsed(file):
        yield line if isinstance(line, BadRow) else row_of(number, line)


def lines(file: str) -> Iterator[tuple[int, bytes]]:
    """Every line that can be read, with its number, unparsed."""
    for number, line in unparsed(file):
        if isinstance(line, bytes):
            yield number, line


def unparsed(file: str) -> Iterator[tuple[int, bytes | BadRow]]:
    """Every line that is not blank, with its number, for `row_of`; or why it cannot be read."""
    with _opened(file) as stream:
        yield from _lines(stream)


def holds(file: str, word: bytes) -> bool:
    """Whether the word stands anywhere in FILE, as far as that can be read: in far less time than line by line."""
    before = b""
    with _opened(file) as stream:
        try:
            while part := stream.read(_AT_ONCE):
                part = before + part
                if word in part:
                    return True
                before = part[1 - len(word) :]
        except (OSError, EOFError, zlib.error):
            return True  # who reads line by line gets as far as the damage
    return False


@contextmanager
def rereadable(file: str) -> Iterator[str]:
    """A name under which FILE can be read several times: standard input is copied to the disk first."""
    if file != STDIN:
        yield file
        return
    import shutil
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile(prefix="hubspot-sla-") as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.flush()
        yield copy.name


def row_of(number: int, line: bytes) -> Row | BadRow:
    """The ticket on one line, or why there is none."""
    id_ = ""
    try:
        body = orjson.loads(line)
        if not isinstance(body, dict):
            return BadRow(number, "", f"a ticket is a JSON object, not {_kind(body)}")
        id_ = text(body, "id")
        return _row(number, id_, body)
    except orjson.JSONDecodeError as error:
        return BadRow(number, "", f"this is not JSON: {error}")
    except ValueError as error:
        return BadRow(number, id_, str(error))


@contextmanager
def _opened(file: str) -> Iterator[IO[bytes]]:
    with ExitStack() as closing:
        try:
            raw = sys.stdin.buffer if file == STDIN else closing.enter_context(Path(file).open("rb"))
            packed = raw.peek(2)[:2] == _GZIP  # type: ignore[union-attr]  # both are BufferedReader
        except OSError as error:
            raise UsageProblem(f"{file} cannot be read: {error.strerror or error}") from error
        yield cast("IO[bytes]", closing.enter_context(gzip.open(raw))) if packed else raw


def _lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes | BadRow]]:
    number = 0
    while True:
        number += 1
        try:
            line = stream.readline(LONGEST)
            if len(line) == LONGEST and not line.endswith(b"\n"):
                while line and not line.endswith(b"\n"):
                    line = stream.readline(LONGEST)
                yield number, BadRow(number, "", f"the line is longer than {LONGEST} bytes")
                continue
        except (OSError, EOFError, zlib.error) as error:
            yield number, BadRow(number, "", f"the file ends here, in the middle: {error}")
            return
        if not line:
            return
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line.isspace():
            yield number, line


def _row(number: int, id_: str, body: Json) -> Row:
    properties = _properties(body)
    history = _history(body)
    created = properties.get(PROFILE.created) or optional_text(body, "createdAt")
    properties[PROFILE.created] = created
    updated_at = _instant(optional_text(body, "updatedAt") or properties.get(PROFILE.modified), "updatedAt")
    companies, contacts = _linked(body, "companies"), _linked(body, "contacts")
    ticket = CrmRecord(
        id=id_,
        properties=properties,
        history=history,
        company_ids=None,
        updated_at_ms=updated_at or _known_since(history, created),
        created_at_ms=None,
        archived=body.get("archived") is True,
    )
    return Row(number, ticket, companies, contacts, _messages(body))


def _messages(body: Json) -> RowMessages:
    """`threads`, each with its `messages`, `actors`, and `emails`, `calls` and `notes`, all in HubSpot's shapes."""
    if _MESSAGE_KEYS.isdisjoint(body):
        return NO_MESSAGES
    threads = tuple(entries_in(objects(body, "threads"))) if "threads" in body else None
    actors = {actor.id: actor for actor in map(actor_of, objects(body, "actors"))}
    activities = [activity_of(kind, row, NOTE_MARKER) for kind in ACTIVITY_KINDS for row in objects(body, kind)]
    return RowMessages(threads, actors, tuple(activities))


def _properties(body: Json) -> Properties:
    """Values as text; numbers and booleans, which HubSpot itself does not send, are written out."""
    sent = mapping(body, "properties")
    properties: Properties = dict(sent)  # type: ignore[arg-type]  # made text below
    if not _TEXT_OR_NOTHING.issuperset(map(type, sent.values())):
        for name, value in sent.items():
            if value is not None and not isinstance(value, str):
                properties[name] = _written_out(name, value)
    return properties


_TEXT_OR_NOTHING: Final = frozenset({str, type(None)})


def _written_out(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    raise ValueError(f"property {name!r} holds {_kind(value)}, not a value")


def _history(body: Json) -> History:
    """Versions by property, in the order of the file. Raises ValueError naming the entry that has no instant."""
    sent = mapping(body, "propertiesWithHistory")
    return {name: _entries(objects(sent, name), name) for name in sent}


def _entries(entries: list[Json], name: str) -> list[HistoryEntry]:
    made: list[HistoryEntry] = []
    for entry in entries:
        value, stamp = entry.get("value"), entry.get("timestamp")
        source, source_id = entry.get("sourceType"), entry.get("sourceId")
        if type(value) is str and type(stamp) is str and type(source) is str and type(source_id) in _TEXT_OR_NOTHING:
            try:
                at_ms = wire_time.parse(stamp)
            except ValueError:
                at_ms = None
            if at_ms is not None:
                made.append(entry_of((value, at_ms, source, source_id)))  # type: ignore[arg-type]  # it is text or None
                continue
        made.append(_entry(entry, name, len(made) + 1))
    return made


def _entry(entry: Json, name: str, number: int) -> HistoryEntry:
    """As HubSpot itself does not send it, or not always. Raises ValueError."""
    stamp = optional_text(entry, "timestamp")
    try:
        at_ms = wire_time.parse(stamp)
    except ValueError:
        at_ms = _instant(stamp, f"the timestamp of version {number} of {name}")
    if at_ms is None:
        raise ValueError(f"version {number} of {name} has no timestamp")
    value, source, source_id = entry.get("value"), entry.get("sourceType"), entry.get("sourceId")
    if value is not None and not isinstance(value, str):
        value = text(entry, "value")
    if source is not None and not isinstance(source, str):
        source = text(entry, "sourceType")
    if source_id is not None and not isinstance(source_id, str):
        source_id = text(entry, "sourceId")
    return entry_of((value or "", at_ms, source or "", source_id))


def _instant(value: str | None, name: str) -> int | None:
    """With white space around it or without."""
    try:
        return wire_time.parse(value.strip() if value else None)
    except ValueError:
        raise ValueError(f"{name} is {value!r}, which is no instant") from None


def _known_since(history: History, created: str | None) -> int:
    """Since when a row without a time of change is as it is. Without a history of its stages nothing says so, and
    creation itself would turn a closed ticket into one closed at once: some time after it, so that it is unknown."""
    if history.get(PROFILE.stage):
        return _newest(history)
    try:
        return (wire_time.parse(created) or 0) + LATER_MS
    except ValueError:
        return LATER_MS


def _newest(history: Mapping[str, list[HistoryEntry]]) -> int:
    return max((entry.at_ms for entries in history.values() for entry in entries), default=0)


def _linked(body: Json, kind: str) -> tuple[Linked, ...]:
    """Each once; the primary one is named by type, label or type id, whichever of HubSpot's shapes the row has."""
    linked = mapping(body, "associations")
    if kind not in linked:
        return ()
    linked_by_id: dict[str, Linked] = {}
    for link in objects(mapping(linked, kind), "results"):
        id_ = text(link, "id" if "id" in link else "toObjectId")
        earlier = linked_by_id.get(id_)
        primary = _is_primary(link) or (earlier is not None and earlier.primary)
        linked_by_id[id_] = linked_of(link, id_, primary=primary)
    return tuple(linked_by_id.values())


def linked_of(body: Json, id_: str, *, primary: bool) -> Linked:
    """A company or contact in HubSpot's shape. ValueError: it cannot be read."""
    if "properties" not in body and "propertiesWithHistory" not in body and "updatedAt" not in body:
        return Linked(id_, primary, {}, {}, 0)
    seen_at = _instant(optional_text(body, "updatedAt"), "updatedAt")
    return Linked(id_, primary, _properties(body), _history(body), seen_at or 0)


def _is_primary(link: Json) -> bool:
    return _says_primary(link) or (
        "associationTypes" in link and any(map(_says_primary, objects(link, "associationTypes")))
    )


def _says_primary(kind: Json) -> bool:
    types_of_ticket = PROFILE.associations
    return (
        kind.get("type") == types_of_ticket.company_label
        or kind.get("typeId") == types_of_ticket.primary_company
        or kind.get("label") == "Primary"
    )


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
