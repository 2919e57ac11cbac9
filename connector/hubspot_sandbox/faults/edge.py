"""What the edge in front of HubSpot answers by itself: HTML, and none of HubSpot's own headers."""

from __future__ import annotations

from starlette.responses import Response

_TITLES = {
    403: "Access denied",
    429: "You are being rate limited",
    500: "Internal Server Error",
    502: "Bad gateway",
    503: "Service Temporarily Unavailable",
    504: "Gateway time-out",
    521: "Web server is down",
    522: "Connection timed out",
    523: "Origin is unreachable",
    524: "A timeout occurred",
}
_OWN_HEADERS = ("date", "server", "cf-ray")


def edge_headers(response: Response) -> dict[str, str]:
    """Those headers of an answer that are the edge's."""
    return {name: response.headers[name] for name in _OWN_HEADERS if name in response.headers}


def edge_page(response: Response, status: int) -> Response:
    """A page of the edge in place of an answer."""
    title = _TITLES.get(status, "Error")
    page = (
        f"<!DOCTYPE html>\n<html>\n<head><title>api.hubapi.com | {status}: {title}</title></head>\n"
        f"<body>\n<h1>{title} <span>Error code {status}</span></h1>\n<p>cloudflare</p>\n</body>\n</html>\n"
    )
    return Response(page, status, edge_headers(response), media_type="text/html")
