"""Log lines: text for a person at a terminal, one JSON object a line for a collector.

Every line names the run it belongs to and HubSpot's last correlation id, which its support asks for.
"""

from __future__ import annotations

import json
import logging
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hubspot_sla.plain_text import escaped, shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TextIO

logger = logging.getLogger("hubspot_sla.logs")

LONGEST_MESSAGE = 10_000
"""Characters of one line: collectors cut longer ones, or drop them."""


@contextmanager
def logging_to(
    stream: TextIO,
    *,
    style: str = "auto",
    level: int = logging.INFO,
    context: Callable[[], Mapping[str, str]] = dict,
    redact: Callable[[str], str] = str,
) -> Iterator[None]:
    """Within it, all that is logged goes to the stream: ours from `level` on, that of libraries from warnings on; so
    does what Python would write to standard error by itself, its warnings and what ends a thread.

    `style` is auto, text or json; `context` gives further fields for each line; every text goes through `redact`.
    """
    handler = logging.StreamHandler(stream)
    as_json = style == "json" or (style == "auto" and not stream.isatty())
    handler.setFormatter((JsonLines if as_json else TextLines)(context, redact))
    root, ours = logging.getLogger(), logging.getLogger("hubspot_sla")
    before, excepthook = ours.level, threading.excepthook
    root.addHandler(handler)
    ours.setLevel(level)
    logging.captureWarnings(True)
    threading.excepthook = _thread_ended
    try:
        yield
    finally:
        threading.excepthook = excepthook
        logging.captureWarnings(False)
        ours.setLevel(before)
        root.removeHandler(handler)
        handler.flush()


def _thread_ended(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is None or issubclass(ended.exc_type, SystemExit):
        return
    name = ended.thread.name if ended.thread else "of nobody"
    raised = (ended.exc_type, ended.exc_value, ended.exc_traceback)
    logger.error("the thread %s ended with an error", name, exc_info=raised)


class _Lines(logging.Formatter):
    def __init__(self, context: Callable[[], Mapping[str, str]], redact: Callable[[str], str]) -> None:
        super().__init__()
        self._context = context
        self._redact = redact

    def _message(self, record: logging.LogRecord) -> str:
        try:
            text = record.getMessage()
        except Exception:  # noqa: BLE001 - a job file's mistake: shown as it is
            text = f"{record.msg} {record.args}"
        return shortened(self._redact(text), LONGEST_MESSAGE)

    def _traceback(self, record: logging.LogRecord) -> str | None:
        return self._redact(self.formatException(record.exc_info)) if record.exc_info else None


class JsonLines(_Lines):
    """`{"at", "level", "message", ...}`, with the fields of the context, and `traceback` where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, str] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._message(record),
            **self._context(),
        }
        if (traceback := self._traceback(record)) is not None:
            fields["traceback"] = traceback
        return json.dumps(fields)  # in ASCII: whatever the encoding of the stream, it is one line and JSON


class TextLines(_Lines):
    """Local time, level, message, and the fields of the context at the end."""

    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{key}={value}" for key, value in self._context().items())
        line = f"{self.formatTime(record)} {record.levelname:<7} {self._message(record)}"
        traceback = self._traceback(record)
        return _shown((f"{line}  [{fields}]" if fields else line) + (f"\n{traceback}" if traceback else ""))


def _shown(text: str) -> str:
    """Without what does harm at a terminal; lines after the first are indented, so that none looks like a new one."""
    return "\n    ".join(map(escaped, text.split("\n")))
