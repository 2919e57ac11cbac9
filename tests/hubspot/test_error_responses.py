"""What each answer of HubSpot turns into: error, retry, or unknown outcome."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, HTTPServer
from socket import SHUT_RDWR, socket
from threading import Thread
from typing import TYPE_CHECKING

import pytest
import requests

from hubspot_sla.bounded_http import Bounds
from hubspot_sla.errors import (
    AccessDenied,
    ComeBackLater,
    DailyLimitReached,
    HubSpotError,
    OutcomeUnknown,
    RateLimited,
    RequestRejected,
    ScopeMissing,
    TokenRejected,
    Unreachable,
    UsageProblem,
)
from hubspot_sla.hubspot.error_responses import RejectedResponse
from hubspot_sla.hubspot.retry import Patience
from raw_servers import Ticking, endless, server

if TYPE_CHECKING:
    from responses import RequestsMock

    from hubspot_sla.hubspot.transport import Transport

HTML = "<html><body>nginx</body></html>"
TICKETS = "http://hubspot.test/crm/objects/2026-09/tickets"
CREATE = "http://hubspot.test/crm/objects/2026-09/tasks/batch/create"

SECONDLY = {"status": "error", "message": "You have reached your secondly limit.", "category": "RATE_LIMITS"}
ROLLING = {"message": "...", "errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"}
DAILY = {"message": "You have reached your daily limit.", "errorType": "RATE_LIMIT", "policyName": "DAILY"}


def read(transport: Transport) -> object:
    return transport.GET("/crm/v3/objects/tickets").document


def create(transport: Transport) -> object:
    return transport.POST("/crm/v3/objects/tasks/batch/create", body={"inputs": []}).document


@pytest.mark.parametrize("status", [500, 502, 503, 504, 521, 523, 524])
def test_trouble_at_hubspot_is_waited_out_when_reading(
    transport: Transport, hubspot: RequestsMock, time, status: int
) -> None:
    hubspot.get(TICKETS, status=status, body=HTML)
    hubspot.get(TICKETS, status=status, body="")
    hubspot.get(TICKETS, json={"results": []})
    assert read(transport) == {"results": []}
    assert time.slept == [1, 2]
    assert (transport.retried, transport.calls["list"]) == (2, 3)


def test_trouble_to_the_end_is_unreachable_and_bounded(transport: Transport, hubspot: RequestsMock, time) -> None:
    hubspot.get(TICKETS, status=503, json={"message": "internal error", "correlationId": "abc"})
    with pytest.raises(Unreachable, match="answered 503") as caught:
        read(transport)
    assert transport.calls["list"] == 6
    assert time.elapsed_s < 60
    assert (caught.value.status, caught.value.correlation_id) == (503, "abc")
    assert (caught.value.method, caught.value.path) == ("GET", "/crm/objects/2026-09/tickets")


@pytest.mark.parametrize("body", ['{"results": [', HTML, "", "[]"])
def test_a_success_cut_short_is_read_again(transport: Transport, hubspot: RequestsMock, body: str) -> None:
    hubspot.get(TICKETS, body=body)
    hubspot.get(TICKETS, json={"results": []})
    assert read(transport) == {"results": []}


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 500, "json": {"message": "internal error"}},
        {"status": 502, "body": HTML},
        {"status": 201, "body": '{"results": ['},
        {"body": requests.exceptions.ReadTimeout()},
        {"body": requests.exceptions.ConnectionError("reset")},
        {"body": requests.exceptions.ChunkedEncodingError()},
    ],
)
def test_a_create_without_an_answer_is_unknown_and_not_sent_again(
    transport: Transport, hubspot: RequestsMock, time, trouble: dict[str, object]
) -> None:
    hubspot.post(CREATE, **trouble)
    with pytest.raises(OutcomeUnknown) as caught:
        create(transport)
    assert transport.calls["batch_create"] == 1
    assert time.slept == []
    assert caught.value.exit_code == 75


@pytest.mark.parametrize(("status", "body"), [(429, SECONDLY), (429, ROLLING), (423, {}), (429, None)])
def test_a_create_that_was_certainly_not_executed_is_sent_again(
    transport: Transport, hubspot: RequestsMock, status: int, body: object
) -> None:
    hubspot.post(CREATE, status=status, json=body)
    hubspot.post(CREATE, status=201, json={"results": []})
    assert create(transport) == {"results": []}


@pytest.mark.parametrize(
    ("body", "waits"),
    [(SECONDLY, [1, 2, 3, 4, 5]), (ROLLING, [4, 8, 10, 10, 10]), ({}, [1, 2, 3, 4, 5])],
)
def test_a_429_waits_by_its_policy_and_ends_as_rate_limited(
    transport: Transport, hubspot: RequestsMock, time, body: object, waits: list[float]
) -> None:
    hubspot.get(TICKETS, status=429, json=body)
    with pytest.raises(RateLimited):
        read(transport)
    assert time.slept == waits
    assert (transport.rate_limited, transport.retried) == (6, 5)


def test_a_429_holds_back_the_next_request_of_its_kind(connect, hubspot: RequestsMock, time) -> None:
    transport = connect(patience=Patience(attempts=1))
    hubspot.get(TICKETS, status=429, json=ROLLING)
    with pytest.raises(RateLimited):
        read(transport)
    hubspot.get(TICKETS, json={})
    read(transport)
    assert time.slept == [4]


@pytest.mark.parametrize("body", [DAILY, {"message": DAILY["message"], "category": "RATE_LIMITS"}])
def test_the_daily_limit_ends_at_once(transport: Transport, hubspot: RequestsMock, time, body: object) -> None:
    hubspot.get(TICKETS, status=429, json=body)
    with pytest.raises(DailyLimitReached, match="daily"):
        read(transport)
    assert time.slept == []


def test_jitter_makes_waits_up_to_a_quarter_longer(connect, hubspot: RequestsMock, time) -> None:
    hubspot.get(TICKETS, status=423)
    with pytest.raises(ComeBackLater):
        read(connect(patience=Patience(attempts=2, jitter=lambda: 1.0)))
    assert time.slept == [2.5]


def test_patience_ends_before_the_total_wait_is_exceeded(connect, hubspot: RequestsMock, time) -> None:
    hubspot.get(TICKETS, status=429, json=ROLLING, headers={"Retry-After": "25"})
    with pytest.raises(RateLimited):
        read(connect(patience=Patience(total_wait_s=60, jitter=lambda: 0.0)))
    assert time.slept == [25, 25]


def test_a_moving_account_is_waited_for_when_it_says_soon(transport: Transport, hubspot: RequestsMock, time) -> None:
    hubspot.get(TICKETS, status=477, headers={"Retry-After": "20"})
    hubspot.get(TICKETS, json={"results": []})
    assert read(transport) == {"results": []}
    assert time.slept == [20]


def test_a_429_that_asks_for_an_hour_is_not_slept_through_and_nothing_is_sent_until_then(
    transport: Transport, hubspot: RequestsMock, time
) -> None:
    hubspot.get(TICKETS, status=429, json=ROLLING, headers={"Retry-After": "3600"})
    for _ in range(3):
        with pytest.raises(RateLimited):
            read(transport)
    assert len(hubspot.calls) == 1
    assert time.elapsed_s == 0
    time.sleep(3601)
    with pytest.raises(RateLimited):
        read(transport)
    assert len(hubspot.calls) == 2


@pytest.mark.parametrize("headers", [{"Retry-After": "86400"}, {}])
def test_a_moving_account_is_left_alone_when_it_takes_long(
    transport: Transport, hubspot: RequestsMock, time, headers: dict[str, str]
) -> None:
    hubspot.get(TICKETS, status=477, headers=headers)
    with pytest.raises(ComeBackLater, match="moving"):
        read(transport)
    assert time.slept == []


ACCOUNT = "http://hubspot.test/account-info/2026-09/details"
INVALID = {"status": "error", "message": "Authentication credentials not found.", "category": "INVALID_AUTHENTICATION"}
NO_SCOPE = {
    "status": "error",
    "message": "This app hasn't been granted all required scopes to make this call.",
    "category": "MISSING_SCOPES",
}
ASKED = {"requiredGranularScopes": ["tickets", "crm.objects.owners.read"]}
SHAPES = {
    "in errors": NO_SCOPE | {"errors": [{"message": "One or more of these scopes are required.", "context": ASKED}]},
    "in the outer context": NO_SCOPE | {"context": ASKED},
}


@pytest.mark.parametrize("first", [{"json": INVALID}, {"body": HTML}, {"body": ""}, {"json": {"message": "expired"}}])
def test_a_401_that_account_info_confirms_is_a_rejected_token(
    transport: Transport, hubspot: RequestsMock, first: dict[str, object]
) -> None:
    hubspot.get(TICKETS, status=401, **first)
    hubspot.get(ACCOUNT, status=401, json=INVALID)
    with pytest.raises(TokenRejected, match="does not accept the token") as caught:
        read(transport)
    assert caught.value.exit_code == 3
    assert transport.calls["list"] == 1


@pytest.mark.parametrize(
    "account",
    [
        {"json": {"portalId": 1}},
        {"status": 403, "json": NO_SCOPE},
        {"status": 403, "body": HTML},
        {"status": 401, "body": HTML},
        {"status": 503, "body": HTML},
        {"body": requests.ConnectionError("reset")},
    ],
    ids=["accepts it", "lacks a scope", "edge 403", "edge 401", "503", "reset"],
)
def test_a_401_that_account_info_does_not_confirm_is_no_verdict_and_tried_again(
    transport: Transport, hubspot: RequestsMock, account: dict[str, object]
) -> None:
    hubspot.get(TICKETS, status=401, json=INVALID)
    hubspot.get(ACCOUNT, **account)
    hubspot.get(TICKETS, json={"results": []})
    assert read(transport) == {"results": []}


def test_a_401_that_stays_without_being_confirmed_is_trouble(transport: Transport, hubspot: RequestsMock) -> None:
    hubspot.get(TICKETS, status=401, json=INVALID)
    hubspot.get(ACCOUNT, status=403, body=HTML)
    with pytest.raises(Unreachable) as caught:
        read(transport)
    assert caught.value.exit_code == 75


def test_account_info_itself_is_asked_twice_before_a_token_is_called_rejected(
    transport: Transport, hubspot: RequestsMock
) -> None:
    hubspot.get(ACCOUNT, status=401, json=INVALID)
    hubspot.get(ACCOUNT, json={"portalId": 1})
    hubspot.get(ACCOUNT, json={"portalId": 2})
    assert transport.GET("/account-info/v3/details").body == {"portalId": 2}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_403_that_names_scopes_twice_is_a_missing_scope(
    transport: Transport, hubspot: RequestsMock, shape: str
) -> None:
    for _ in range(2):
        hubspot.get(TICKETS, status=403, json=SHAPES[shape])
    with pytest.raises(ScopeMissing, match=r"tickets, crm\.objects\.owners\.read") as caught:
        read(transport)
    assert caught.value.scopes == ("tickets", "crm.objects.owners.read")
    assert caught.value.category == "MISSING_SCOPES"
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("shape", SHAPES)
def test_a_403_that_names_scopes_once_is_no_verdict(transport: Transport, hubspot: RequestsMock, shape: str) -> None:
    hubspot.get(TICKETS, status=403, json=SHAPES[shape])
    hubspot.get(TICKETS, json={"results": []})
    assert read(transport) == {"results": []}


def test_a_403_of_another_category_that_comes_twice_is_denied_and_no_missing_scope(
    transport: Transport, hubspot: RequestsMock
) -> None:
    for _ in range(2):
        hubspot.get(TICKETS, status=403, json={"message": "not for you", "category": "FORBIDDEN"})
    with pytest.raises(AccessDenied, match=r"not for want of a scope: not for you .*FORBIDDEN") as caught:
        read(transport)
    assert not isinstance(caught.value, ScopeMissing)
    assert (caught.value.exit_code, caught.value.category, caught.value.essential) == (3, "FORBIDDEN", False)
    assert "scope" not in caught.value.remedy


def test_scopes_that_are_named_without_a_category_are_missing_too(transport: Transport, hubspot: RequestsMock) -> None:
    body = {"message": "not for you", "context": {"requiredGranularScopes": ["crm.objects.owners.read"]}}
    for _ in range(2):
        hubspot.get(TICKETS, status=403, json=body)
    with pytest.raises(ScopeMissing, match=r"crm\.objects\.owners\.read") as caught:
        read(transport)
    assert not caught.value.essential


def test_a_missing_scope_that_hubspot_does_not_name_is_one_all_the_same(
    transport: Transport, hubspot: RequestsMock
) -> None:
    for _ in range(2):
        hubspot.get(TICKETS, status=403, json={"category": "MISSING_SCOPES"})
    with pytest.raises(ScopeMissing) as caught:
        read(transport)
    assert (caught.value.scopes, caught.value.essential) == ((), True)
    assert "grant the scope" in caught.value.remedy


@pytest.mark.parametrize("body", [HTML, "", '{"errors": "none", "message": 7}'])
def test_a_403_that_is_not_hubspots_own_is_trouble(transport: Transport, hubspot: RequestsMock, body: str) -> None:
    hubspot.get(TICKETS, status=403, body=body)
    with pytest.raises(Unreachable) as caught:
        read(transport)
    assert caught.value.exit_code == 75
    assert transport.calls["list"] == 6


@pytest.mark.parametrize("status", [401, 403])
def test_a_create_that_the_edge_refused_once_is_sent_again(
    transport: Transport, hubspot: RequestsMock, status: int
) -> None:
    hubspot.post(CREATE, status=status, body=HTML)
    if status == 401:
        hubspot.get(ACCOUNT, json={"portalId": 1})
    hubspot.post(CREATE, status=201, json={"results": []})
    assert create(transport) == {"results": []}


@pytest.mark.parametrize("status", [400, 404, 409])
def test_other_refusals_carry_the_answer(transport: Transport, hubspot: RequestsMock, status: int) -> None:
    body = {"message": "resource not found", "correlationId": "abc", "category": "X"}
    hubspot.get(TICKETS, status=status, json=body)
    with pytest.raises(RequestRejected, match="resource not found") as caught:
        read(transport)
    assert isinstance(caught.value, RejectedResponse)
    assert (caught.value.body, caught.value.status, caught.value.correlation_id) == (body, status, "abc")


def test_a_400_that_is_no_json_is_a_refusal_with_the_words_of_its_page(
    transport: Transport, hubspot: RequestsMock
) -> None:
    hubspot.get(TICKETS, status=400, body=HTML)
    with pytest.raises(RejectedResponse, match="HubSpot refused the request: nginx") as caught:
        read(transport)
    assert caught.value.body == {"message": "nginx"}


def test_a_path_the_portal_does_not_serve_points_to_the_api_version(
    transport: Transport, hubspot: RequestsMock
) -> None:
    hubspot.get(TICKETS, status=404, body=HTML)
    with pytest.raises(UsageProblem, match="no endpoint GET /crm/objects/2026-09/tickets") as caught:
        read(transport)
    assert "API version" in caught.value.remedy


def test_nested_property_errors_are_spelled_out(transport: Transport, hubspot: RequestsMock) -> None:
    nested = '[{"isValid":false,"message":"Property \\"x\\" does not exist","error":"PROPERTY_DOESNT_EXIST"}]'
    hubspot.get(TICKETS, status=400, json={"message": f"Property values were not valid: {nested}"})
    with pytest.raises(RejectedResponse, match='refused the request: Property "x" does not exist'):
        read(transport)


def test_a_redirect_is_not_followed(transport: Transport, hubspot: RequestsMock) -> None:
    hubspot.get(TICKETS, status=302, headers={"Location": "http://elsewhere.test/"})
    with pytest.raises(RejectedResponse):
        read(transport)


def test_nobody_listening_is_told_within_seconds_with_the_address(connect, time) -> None:
    with socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    transport = connect(f"http://127.0.0.1:{port}")
    with pytest.raises(
        Unreachable, match=f"cannot reach HubSpot at http://127.0.0.1:{port}: Connection refused"
    ) as caught:
        create(transport)
    assert caught.value.remedy
    assert transport.calls["batch_create"] == 4
    assert time.elapsed_s < 5


def test_a_connection_reset_in_the_answer_is_retried_when_reading_only(connect) -> None:
    class Reset(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.connection.shutdown(SHUT_RDWR)

        do_POST = do_GET  # noqa: N815 - named by http.server

    with HTTPServer(("127.0.0.1", 0), Reset) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        transport = connect(f"http://127.0.0.1:{server.server_port}")
        with pytest.raises(Unreachable) as caught:
            read(transport)
        with pytest.raises(OutcomeUnknown):
            create(transport)
        server.shutdown()
        thread.join()
    assert isinstance(caught.value, HubSpotError)
    assert transport.calls == {"list": 6, "batch_create": 1}


def test_an_untrusted_certificate_is_told_at_once(transport: Transport, hubspot: RequestsMock, time) -> None:
    hubspot.get(TICKETS, body=requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"))
    with pytest.raises(Unreachable) as caught:
        read(transport)
    assert "REQUESTS_CA_BUNDLE" in caught.value.remedy
    assert time.slept == []


def test_a_timeout_says_so(connect, hubspot: RequestsMock) -> None:
    hubspot.get(TICKETS, body=requests.exceptions.ReadTimeout("HTTPConnectionPool(...): Read timed out."))
    with pytest.raises(Unreachable, match="timed out"):
        read(connect(patience=Patience(attempts=1)))


DRIPPING = endless(b"a", head=b"HTTP/1.1 200 OK\r\n\r\n")
FLOODING = endless(bytes(65536), head=b"HTTP/1.1 200 OK\r\n\r\n")


def test_an_answer_that_drips_is_asked_for_once_more_and_then_given_up(connect, time) -> None:
    with server(DRIPPING) as url:
        transport = connect(url, bounds=Bounds(monotonic=Ticking()))
        with pytest.raises(Unreachable, match="not complete after 60 s"):
            read(transport)
    assert transport.calls["list"] == 2


def test_an_answer_without_end_is_given_up_at_once(connect, time) -> None:
    with server(FLOODING) as url:
        transport = connect(url, bounds=Bounds(largest=1_000_000))
        with pytest.raises(Unreachable, match="larger than 1,000,000 bytes"):
            read(transport)
    assert transport.calls["list"] == 1


@pytest.mark.parametrize("serve", [DRIPPING, FLOODING], ids=["drips", "floods"])
def test_a_create_whose_answer_is_too_slow_or_too_large_has_an_unknown_outcome(connect, serve) -> None:
    with server(serve) as url:
        transport = connect(url, bounds=Bounds(largest=1_000_000, monotonic=Ticking()))
        with pytest.raises(OutcomeUnknown):
            create(transport)
    assert transport.calls["batch_create"] == 1
