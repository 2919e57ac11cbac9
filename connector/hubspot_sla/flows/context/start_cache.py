"""What mappings came to, kept for the next command: a folder of small JSON files that saves time and nothing else.

A file is found by the hash of all that its content follows from: the texts, this program, the libraries of holidays and
time zones. One that is damaged, or that anybody else may write, counts for nothing, and so does a folder that cannot be
written. What a sync, a plan or the worker decides never comes from here: they compile what the ledger keeps.
"""

from __future__ import annotations

import os
import sys
import zoneinfo
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from hubspot_sla.flows.context.kept_shapes import has_shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.flows.context.kept_shapes import Shape

FORMAT: Final = 1
"""Another number for another form of what is kept."""
FILES_KEPT: Final = 64
LARGEST: Final = 64 * 1024 * 1024
_OWNER_ONLY: Final = 0o600
_FOLDER_OF_OWNER: Final = 0o700
_OTHERS_MAY_WRITE: Final = 0o022
_PACKAGE: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class StartCache:
    """`folder` None: nothing is kept, and nothing is found."""

    folder: Path | None = None

    def recall(self, kind: str, key: str, shape: Shape) -> Any | None:
        """What was kept under this key; None where nothing was, or where it is not as it was written."""
        if self.folder is None:
            return None
        try:
            value = _checked(_bytes_of(self._file(self.folder, kind, key)), kind, key)
        except (OSError, ValueError):
            return None
        return value if has_shape(value, shape) else None

    def store(self, kind: str, key: str, value: object) -> None:
        """Put it in place in one step; a second process that does the same puts the same there. Where it cannot be
        written nothing is kept."""
        if self.folder is None:
            return
        with suppress(OSError, orjson.JSONEncodeError):
            body = orjson.dumps({"format": FORMAT, "kind": kind, "key": key, "value": value})
            self.folder.mkdir(mode=_FOLDER_OF_OWNER, parents=True, exist_ok=True)
            _require_own(self.folder.stat())
            _put(self._file(self.folder, kind, key), sha256(body).hexdigest().encode() + b"\n" + body)
            self._make_room(self.folder)

    def forget(self, kind: str, key: str) -> None:
        """It turned out to be of no use."""
        if self.folder is not None:
            with suppress(OSError):
                self._file(self.folder, kind, key).unlink()

    @staticmethod
    def _file(folder: Path, kind: str, key: str) -> Path:
        return folder / f"{kind}-{key}.json"

    @staticmethod
    def _make_room(folder: Path) -> None:
        """Of many files the newest stay; what a killed process left half written goes with the old ones."""
        by_age = sorted(((entry.stat().st_mtime_ns, entry.path) for entry in os.scandir(folder)), reverse=True)
        for _, path in by_age[FILES_KEPT:]:
            Path(path).unlink(missing_ok=True)


def key_of(*parts: str | bytes) -> str:
    """The key of what follows from these parts, this program, and the libraries of this machine."""
    digest = sha256()
    for part in (*identity(), *parts):
        content = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(content))
        digest.update(content)
    return digest.hexdigest()


@lru_cache(maxsize=1)
def identity() -> tuple[str, ...]:
    """What makes the same texts mean something else: the program, Python, the holidays, and the time zones."""
    return (
        f"{distribution('hubspot_sla')} {sys.version}",
        ",".join(_program()),
        distribution("holidays"),
        distribution("tzdata"),
        ",".join(_zone_folders()),
    )


def distribution(name: str) -> str:
    """The installed version, `holidays-0.86.dist-info`, "" where none is found. `importlib.metadata` says it too, and
    takes longer to import than what is kept here takes to read."""
    for folder in sys.path:
        with suppress(OSError), os.scandir(folder or ".") as entries:
            for entry in entries:
                if entry.name.startswith(f"{name}-") and entry.name.endswith(".dist-info"):
                    return entry.name
    return ""


def _program() -> Iterator[str]:
    """When it was installed; of a checkout, which changes without that, each file with its size and its instant."""
    installed = _PACKAGE.parent / distribution("hubspot_sla")
    if installed != _PACKAGE.parent and installed.is_dir():
        yield str(installed.stat().st_mtime_ns)
    else:
        yield from sorted(_source_files(str(_PACKAGE)))


def _source_files(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                stat = entry.stat()
                yield f"{entry.path} {stat.st_size} {stat.st_mtime_ns}"
            elif "." not in entry.name and not entry.name.startswith("__") and entry.is_dir():
                yield from _source_files(entry.path)


def _zone_folders() -> Iterator[str]:
    for folder in zoneinfo.TZPATH:
        for path in (Path(folder), Path(folder) / "Europe", Path(folder) / "tzdata.zi"):
            with suppress(OSError):
                yield f"{path} {path.stat().st_mtime_ns}"


def _bytes_of(file: Path) -> bytes:
    """Raises OSError, also where another user may have written it."""
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as opened:
        stat = os.fstat(opened.fileno())
        _require_own(stat)
        if stat.st_size > LARGEST:
            raise PermissionError(f"{file} is larger than anything that is kept")
        return opened.read()


def _require_own(stat: os.stat_result) -> None:
    if stat.st_uid != os.geteuid() or stat.st_mode & _OTHERS_MAY_WRITE:
        raise PermissionError("somebody else may have written it")


def _checked(content: bytes, kind: str, key: str) -> object:
    """The value. ValueError: it is not what was written under this key."""
    digest, _, body = content.partition(b"\n")
    if digest != sha256(body).hexdigest().encode():
        raise ValueError("the content does not have its digest")
    said = orjson.loads(body)
    if not isinstance(said, dict) or [said.get(name) for name in ("format", "kind", "key")] != [FORMAT, kind, key]:
        raise ValueError("the content is of something else")
    return said.get("value")


def _put(file: Path, content: bytes) -> None:
    half = file.with_name(f".{file.name}.{os.getpid()}")
    half.unlink(missing_ok=True)  # one that was left by a killed process keeps its mode
    try:
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "wb") as opened:
            opened.write(content)
        half.replace(file)
    except OSError:
        half.unlink(missing_ok=True)
        raise
