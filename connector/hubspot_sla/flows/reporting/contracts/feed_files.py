"""What `feeds` of contracts.yaml names, read anew for every command: it grows without a new version of the mappings."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubspot_sla.feeds.availability_file import (
    Availability,
    FeedUnreadable,
    availability,
    availability_of_rows,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from hubspot_sla.hubspot.credentials import Token
    from hubspot_sla.policy.written_contracts import FeedPlace


@dataclass
class FeedReader:
    """Reads each feed once. Files lie in `folder`; `secret` gives the token that a variable holds."""

    folder: Path
    secret: Callable[[str], Token]
    known: dict[str, Availability | str] = field(default_factory=dict)

    def read(
        self, places: Mapping[str, FeedPlace], names: Collection[str]
    ) -> tuple[dict[str, Availability], list[str]]:
        """Those of `names` that can be read; and of each other why it counts as not measured."""
        feeds, problems = self.by_name(places, names)
        return feeds, list(problems.values())

    def by_name(
        self, places: Mapping[str, FeedPlace], names: Collection[str]
    ) -> tuple[dict[str, Availability], dict[str, str]]:
        """The same, the reasons by name too."""
        for name in names:
            if name not in self.known:
                self.known[name] = self._one(places[name])
        found = {name: self.known[name] for name in names}
        feeds = {name: feed for name, feed in found.items() if isinstance(feed, Availability)}
        return feeds, {name: problem for name, problem in found.items() if isinstance(problem, str)}

    def _one(self, place: FeedPlace) -> Availability | str:
        try:
            return self._asked(place) if place.url else self._of_file(place.file)
        except FeedUnreadable as error:
            return str(error)

    def _of_file(self, file: str) -> Availability:
        try:
            text = (self.folder / file).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "this is not UTF-8 text"
            raise FeedUnreadable(f"{file} cannot be read: {reason}") from None
        return availability(file, text)

    def _asked(self, place: FeedPlace) -> Availability:
        # Here, because importing `requests` takes longer than a command that never leaves this machine.
        from hubspot_sla.feeds.tier_endpoint import EndpointFailed, rows_of
        from hubspot_sla.hubspot.bearer import BearerAuth

        try:
            rows = rows_of(place.url, BearerAuth(self.secret(place.token)) if place.token else None)
        except EndpointFailed as failure:
            raise FeedUnreadable(f"{place.url} cannot be had: {failure}") from None
        return availability_of_rows(place.url, json.loads(rows))
