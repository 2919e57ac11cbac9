"""Secrets taken out of text by their value: in a log, an error, a traceback, a row of the ledger.

By value and not by pattern: whatever form a message has, no secret that was learned is in it. A secret is also found as
it is written in a URL and in JSON; of a URL also its path and its password alone.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SHORTEST = 6
"""A shorter value is a word rather than a secret: taking it out would make text unreadable and hide nothing."""
HIDDEN = "…"
SECRET_NAMES = ("TOKEN", "SECRET", "PASSWORD", "API_KEY", "_URL")
"""How the name of a variable ends that holds a secret. The URL of a webhook is one: it is enough to post there."""
NO_SECRETS = ("HUBSPOT_BASE_URL",)


class Redactor:
    """Called with a text it replaces every secret that it has learned. Threads may share it: it only ever learns."""

    def __init__(self) -> None:
        self._shown: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None

    def learn(self, secret: str, shown: str = HIDDEN) -> None:
        """From now on `shown` stands where `secret` would; a form that says more than HIDDEN stays."""
        secret = secret.strip()
        if len(secret) < SHORTEST:
            return
        if shown == HIDDEN and secret in self._shown:
            return
        replacements = dict(self._shown)
        for part in (secret, *_parts(secret)):
            replacements |= dict.fromkeys(_spellings(part), shown)
        if replacements != self._shown:
            self._shown = replacements
            self._pattern = re.compile("|".join(map(re.escape, sorted(replacements, key=len, reverse=True))))

    def learn_from(self, variables: Mapping[str, str]) -> None:
        """Every variable whose name says that it holds a secret."""
        for name, value in variables.items():
            if name.endswith(SECRET_NAMES) and name not in NO_SECRETS:
                self.learn(value)

    def __call__(self, text: str) -> str:
        pattern, shown = self._pattern, self._shown
        return text if pattern is None else pattern.sub(lambda found: shown.get(found[0], HIDDEN), text)

    def within(self, value: object) -> object:
        """The same for all texts in something JSON-able."""
        match value:
            case str():
                return self(value)
            case dict():
                return {self.within(key): self.within(inner) for key, inner in value.items()}
            case list() | tuple():
                return [self.within(inner) for inner in value]
            case _:
                return value

    def __repr__(self) -> str:
        return f"Redactor({len(self._shown)} spellings)"


def _parts(secret: str) -> Iterable[str]:
    """The parts of a URL that are secret by themselves, for libraries write it in their own form."""
    try:
        url = urlsplit(secret)
    except ValueError:
        return
    if url.netloc:
        password = url.netloc.rpartition("@")[0].partition(":")[2]
        for part in (secret.partition(url.netloc)[2].partition("#")[0], password, unquote(password)):
            if len(part) >= SHORTEST:
                yield part


def _spellings(secret: str) -> Iterable[str]:
    return {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1], repr(secret)[1:-1]}
