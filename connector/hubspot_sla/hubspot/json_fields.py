"""Reading JSON answers without trusting them: every accessor says what it found, or what it needed.

A missing or null list is an empty one; a value of another type than HubSpot documents is a ValueError,
so that one odd row can be told from the others and set aside. Where it is not caught, it is an error for people.
"""

from __future__ import annotations

from collections.abc import Mapping

from hubspot_sla.errors import UnexpectedAnswer

Json = Mapping[str, object]


def text(document: Json, key: str) -> str:
    """The string at `key`; whole numbers count, as association ids are sent as numbers (facts: v4)."""
    value = document.get(key)
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise UnexpectedAnswer(f"{key!r} should be a string, not {value!r}")


def optional_text(document: Json, key: str) -> str | None:
    value = document.get(key)
    return value if value is None or isinstance(value, str) else text(document, key)


def mapping(document: Json, key: str) -> Json:
    value = document.get(key)
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise UnexpectedAnswer(f"{key!r} should be an object, not {value!r}")


def objects(document: Json, key: str) -> list[Json]:
    value = document.get(key)
    if value is None:
        return []
    if isinstance(value, list):
        for item in value:
            if not isinstance(item, dict):
                break
        else:
            return value
    raise UnexpectedAnswer(f"{key!r} should be a list of objects, not {value!r}")


def texts(document: Json, key: str) -> list[str]:
    """The list of strings at `key`, numbers spelled out; anything else is no list of ids and reads as empty."""
    value = document.get(key)
    if not isinstance(value, list):
        return []
    return [str(item) for item in value if isinstance(item, str | int)]


def next_after(document: Json) -> str | None:
    """The cursor of the next page, or None on the last one."""
    return optional_text(mapping(mapping(document, "paging"), "next"), "after") or None
