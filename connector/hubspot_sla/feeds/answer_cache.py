"""The last good answer of each endpoint, in a folder of its own that only its owner may read: an answer may name
customers."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from hubspot_sla.errors import UsageProblem

if TYPE_CHECKING:
    from pathlib import Path

_OWNER_ONLY = 0o600
_FOLDER_OF_OWNER = 0o700


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """The last good answer of one endpoint: its rows as JSON, when it came (epoch ms), and why the attempt after it
    failed, if it did."""

    url: str
    rows: str
    at: int
    failed: str = ""

    @property
    def count(self) -> int:
        return len(orjson.loads(self.rows))


@dataclass(frozen=True, slots=True)
class AnswerCache:
    """One file for each endpoint."""

    folder: Path

    def recall(self, url: str) -> CachedAnswer | None:
        """The answer of this endpoint; None where there is none, or none that can be read."""
        try:
            body = orjson.loads(self._file(url).read_bytes())
            return CachedAnswer(url, body["rows"], body["at"], body["failed"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def store(self, answer: CachedAnswer) -> None:
        """Replace what is there, in one step. Raises UsageProblem where it cannot be written."""
        file = self._file(answer.url)
        body = {"url": answer.url, "rows": answer.rows, "at": answer.at, "failed": answer.failed}
        try:
            self.folder.mkdir(mode=_FOLDER_OF_OWNER, parents=True, exist_ok=True)
            half = file.with_suffix(".new")
            half.unlink(missing_ok=True)  # one that was left by a killed process keeps its mode
            with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "wb") as opened:
                opened.write(orjson.dumps(body))
            half.replace(file)
        except OSError as error:
            raise UsageProblem(
                f"the answer of {answer.url} cannot be kept in {self.folder}: {error.strerror or error}",
                remedy="let this user write to the folder of the ledger",
            ) from error

    def _file(self, url: str) -> Path:
        return self.folder / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.json"
