"""What must not be shown: the address of an incoming webhook is a password, anybody who has it can post."""

from __future__ import annotations

from hashlib import blake2b
from typing import final
from urllib.parse import urlsplit

SHOWN = "…"


@final
class Secret:
    """A value that prints as `…`. `redact` takes it, and what identifies it, out of other people's words."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value.strip()

    def reveal(self) -> str:
        """The value itself, to be sent and nothing else."""
        return self._value

    def redact(self, text: str) -> str:
        """`text` without the value, and without the path and query of a URL, which errors quote by themselves."""
        for part in self._parts():
            text = text.replace(part, SHOWN)
        return text

    def digest(self) -> str:
        """16 hex digits that differ from value to value, and reveal nothing of it."""
        return blake2b(b"target", key=self._value.encode()[:64], digest_size=8).hexdigest()

    def _parts(self) -> list[str]:
        try:
            url = urlsplit(self._value)
        except ValueError:
            return [self._value]
        tail = self._value.partition(f"//{url.netloc}")[2] if url.netloc else ""
        parts = [self._value, tail, url.password or ""]
        return [part for part in parts if len(part) > 1]

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return f"Secret({SHOWN})"

    def __str__(self) -> str:
        return SHOWN

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret is not pickled: it would leave the process in clear")
