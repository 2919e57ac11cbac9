"""One HTTP answer, in the shape the SDK's generated code expects and with its JSON at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.hubspot.json_fields import Json, optional_text

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_CONTENT: Final = 204


class Response:
    """Status, reason, body bytes and headers, already read to the end.

    `document` is the body as a JSON object. It is None when there is no body or the body is something
    else: HubSpot's edge answers HTML for unknown routes and for most 50x (ERR page, and recorded traffic).
    """

    __slots__ = ("_headers", "data", "document", "reason", "status")

    def __init__(self, status: int, reason: str, data: bytes, headers: Mapping[str, str]) -> None:
        self.status = status
        self.reason = reason
        self.data = data
        self.document: Json | None = _object_in(data)
        self._headers = headers

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def whole(self) -> bool:
        """A success whose body arrived complete: a JSON object, or rightly nothing."""
        return self.document is not None or (self.status == NO_CONTENT and not self.data)

    @property
    def body(self) -> Json:
        """`document`, or an empty one."""
        return self.document if self.document is not None else {}

    @property
    def correlation_id(self) -> str | None:
        return self.getheader("X-HubSpot-Correlation-Id") or word(self.body, "correlationId")

    def getheaders(self) -> Mapping[str, str]:
        """Named by the SDK."""
        return self._headers

    def getheader(self, name: str, default: str | None = None) -> str | None:
        """Named by the SDK; `name` in any case."""
        return self._headers.get(name, default)


def word(document: Json, key: str) -> str | None:
    """The string at `key` of an error body, in which every field is optional and may be of any type (ERR)."""
    try:
        return optional_text(document, key)
    except ValueError:
        return None


def _object_in(data: bytes) -> Json | None:
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) else None
