"""The files that `feeds` of contracts.yaml names, read anew for every statement: they grow without a new version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.feeds.availability_file import Availability, FeedUnreadable, availability

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def read_feeds(files: Mapping[str, str], folder: Path) -> tuple[dict[str, Availability], list[str]]:
    """By name, those that can be read; and of each other why it counts as not measured."""
    feeds: dict[str, Availability] = {}
    problems: list[str] = []
    for name, file in files.items():
        try:
            feeds[name] = availability(file, (folder / file).read_text(encoding="utf-8-sig"))
        except FeedUnreadable as error:
            problems.append(str(error))
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "this is not UTF-8 text"
            problems.append(f"{file} cannot be read: {reason}")
    return feeds, problems
