"""The starter set: working mappings and jobs that travel with the package."""

from __future__ import annotations

import shutil
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[2]
_FILES = ("*.yaml", "*.csv", "*.py")


def starter_root() -> Path:
    """In an installed wheel the starter set lies inside the package; in a checkout, at its top."""
    packed = _PACKAGE / "starter"
    return packed if packed.is_dir() else _PACKAGE.parents[1]


def copy_starter(folder: Path, *, with_mappings: bool = True) -> tuple[list[str], list[str]]:
    """Copy into `folder`, creating it; (copied, kept) as relative names. Nothing is overwritten. Without mappings come
    only their schemas, the jobs and `.env.example`."""
    root = starter_root()
    copied: list[str] = []
    left: list[str] = []
    for source in _sources(root, ("mappings", "jobs") if with_mappings else ("jobs",)):
        name = source.relative_to(root)
        target = folder / name
        if target.exists():
            left.append(str(name))
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        copied.append(str(name))
    return copied, left


def _sources(root: Path, kinds: tuple[str, ...]) -> list[Path]:
    sources = [path for kind in kinds for glob in _FILES for path in (root / kind).glob(glob)]
    sources += (root / "mappings" / "schema").glob("*.json")
    sources += (path for path in (root / "jobs" / "deploy").iterdir() if path.is_file())
    return [root / ".env.example", *sorted(sources)]
