"""Which libraries this machine has zones and holidays from: their versions, and whether they are still the same."""

from __future__ import annotations

import zoneinfo
from functools import lru_cache
from hashlib import sha256
from importlib import metadata, resources
from pathlib import Path


def versions() -> dict[str, str]:
    """By name, `holidays` and `tzdata`; of the latter that of the files which `zoneinfo` reads. "": nobody says."""
    return {"holidays": holidays_version(), "tzdata": _tzdata_version()}


@lru_cache(maxsize=1)
def holidays_version() -> str:
    return metadata.version("holidays")


def zone_fingerprint(name: str) -> str:
    """Of the bytes of the zone's file; "" where none is found. Equal fingerprints mean equal zones."""
    for folder in zoneinfo.TZPATH:
        file = Path(folder) / name
        if file.is_file():
            return _fingerprint(file.read_bytes())
    package, _, file_name = f"tzdata.zoneinfo.{name.replace('/', '.')}".rpartition(".")
    try:
        return _fingerprint(resources.files(package).joinpath(file_name).read_bytes())
    except (ModuleNotFoundError, OSError):
        return ""


def _fingerprint(content: bytes) -> str:
    return sha256(content).hexdigest()[:16]


def _tzdata_version() -> str:
    for folder in map(Path, zoneinfo.TZPATH):
        if (folder / "tzdata.zi").is_file():
            with (folder / "tzdata.zi").open(encoding="utf-8") as rules:
                return rules.readline().removeprefix("# version ").strip()
        if folder.is_dir():
            return ""
    try:
        return metadata.version("tzdata")
    except metadata.PackageNotFoundError:
        return ""
