"""The SDK's verbs, with the signatures its generated code calls; tests/contract compares the two.

Nothing here decides anything: each verb is `request` with the method filled in.
"""

# ruff: noqa: N802 - the generated code calls upper-case methods
from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubspot_sla.hubspot.response import Response

# Connect and read, in seconds; or one number for both.
Timeout = tuple[float, float] | float
Query = Sequence[tuple[str, object]] | Mapping[str, object]
Headers = Mapping[str, str]


class RestVerbs(ABC):
    """The verbs of the SDK's `RESTClientObject` over one `request`."""

    @abstractmethod
    def request(
        self,
        method: str,
        url: str,
        query_params: Query | None = None,
        headers: Headers | None = None,
        body: object = None,
        post_params: Sequence[object] | None = None,
        _preload_content: bool = True,
        _request_timeout: Timeout | None = None,
    ) -> Response:
        """Send one request."""

    def GET(
        self,
        url: str,
        headers: Headers | None = None,
        query_params: Query | None = None,
        _preload_content: bool = True,
        _request_timeout: Timeout | None = None,
    ) -> Response:
        return self.request("GET", url, query_params, headers, None, None, _preload_content, _request_timeout)

    def HEAD(
        self,
        url: str,
        headers: Headers | None = None,
        query_params: Query | None = None,
        _preload_content: bool = True,
        _request_timeout: Timeout | None = None,
    ) -> Response:
        return self.request("HEAD", url, query_params, headers, None, None, _preload_content, _request_timeout)

    def DELETE(
        self,
        url: str,
        headers: Headers | None = None,
        query_params: Query | None = None,
        body: object = None,
        _preload_content: bool = True,
        _request_timeout: Timeout | None = None,
    ) -> Response:
        return self.request("DELETE", url, query_params, headers, body, None, _preload_content, _request_timeout)

    def OPTIONS(
        self,
        url: str,
        headers: Headers | None = None,
        query_params: Query | None = None,
        post_params: Sequence[object] | None = None,
        body: object = None,
        _preload_content: bool = True,
        _request_timeout: Timeout | None = None,
    ) -> Response:
        return self.request(
            "OPTIONS", url, query_params, headers, body, post_params, _preload_content, _request_timeout
        )

    def POST(
        self,
        url: str,
        headers: Headers | None = None,
        query_params: Query | None = None,
        post_params: Sequence[object] | None = None,
        body: object = None,
        _preload_content: bool = True,
        _request_timeout: Timeout | None = None,
    ) -> Response:
        return self.request("POST", url, query_params, headers, body, post_params, _preload_content, _request_timeout)

    def PUT(
        self,
        url: str,
        headers: Headers | None = None,
        query_params: Query | None = None,
        post_params: Sequence[object] | None = None,
        body: object = None,
        _preload_content: bool = True,
        _request_timeout: Timeout | None = None,
    ) -> Response:
        return self.request("PUT", url, query_params, headers, body, post_params, _preload_content, _request_timeout)

    def PATCH(
        self,
        url: str,
        headers: Headers | None = None,
        query_params: Query | None = None,
        post_params: Sequence[object] | None = None,
        body: object = None,
        _preload_content: bool = True,
        _request_timeout: Timeout | None = None,
    ) -> Response:
        return self.request("PATCH", url, query_params, headers, body, post_params, _preload_content, _request_timeout)
