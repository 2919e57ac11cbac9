"""How an entry of the audit log is sealed, in either of its two forms, and how a text is committed to. Pure.

The first form holds everything in its body, and its seal is 64 hex digits. The second form holds no text for people:
its seal, 32 bytes, covers a commitment to the texts and a digest of the rows that the entry refers to.
"""

from __future__ import annotations

import hashlib
import secrets

import orjson

SALT_BYTES = 32
GENESIS = "0" * 64
"""What the first entry follows."""


def first_form(prev: str, seq: int, at: int, run_id: str, kind: str, key: str | None, body: str) -> str:
    """The seal of an entry of a ledger up to version 4; `key` is the record's, as all keys carry it."""
    return hashlib.sha256(orjson.dumps([prev, seq, at, run_id, kind, key, body])).hexdigest()


def second_form(
    prev: str,
    seq: int,
    at: int,
    run_id: str,
    kind: str,
    key: str | None,
    body: str,
    commitment: bytes | None,
    digest: bytes | None,
) -> bytes:
    """The seal of an entry as it is written now. `prev` is the seal before it, in hex whatever its form."""
    covered = [2, prev, seq, at, run_id, kind, key, body, _hex(commitment), _hex(digest)]
    return hashlib.sha256(orjson.dumps(covered)).digest()


def new_salt() -> bytes:
    """Random, so that nobody who has the log alone can try names until one fits."""
    return secrets.token_bytes(SALT_BYTES)


def commitment(salt: bytes, value: bytes) -> bytes:
    """What stands in the log for a value that may have to be removed one day: SHA-256 over salt and value."""
    return hashlib.sha256(salt + value).digest()


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()
