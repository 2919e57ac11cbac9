from __future__ import annotations

import gzip
import logging
from typing import TYPE_CHECKING

import pytest
import requests
import responses
from responses import matchers

from hubspot_sla.errors import UsageProblem
from hubspot_sla.hubspot.current_time import ClockMode

if TYPE_CHECKING:
    from hubspot_sla.hubspot.transport import Transport

TICKETS = "http://hubspot.test/crm/objects/2026-09/tickets"
SEARCH = f"{TICKETS}/search"


def test_what_the_sdk_addresses_to_v3_goes_to_the_dated_path(transport: Transport, hubspot) -> None:
    hubspot.get(TICKETS, json={"results": []})
    answer = transport.GET("http://hubspot.test/crm/v3/objects/tickets")
    assert answer.status == 200
    assert answer.data == b'{"results": []}'
    assert answer.document == {"results": []}


def test_a_path_alone_is_an_address_too(transport: Transport, hubspot) -> None:
    hubspot.get("http://hubspot.test/account-info/2026-09/details", json={"portalId": 7})
    assert transport.GET("/account-info/v3/details").body == {"portalId": 7}


def test_a_base_address_may_have_a_path_and_a_slash(connect, hubspot) -> None:
    transport = connect("http://proxy.test/hubspot/")
    hubspot.get("http://proxy.test/hubspot/crm/objects/2026-09/tickets", json={})
    assert transport.GET(f"{transport.base_url}/crm/v3/objects/tickets").ok


@pytest.mark.parametrize("address", ["", "hubspot.test", "ftp://hubspot.test", "https://", "https://a.test?b=c"])
def test_an_address_that_cannot_be_right_is_refused_at_once(connect, address: str) -> None:
    with pytest.raises(UsageProblem, match="no address"):
        connect(address)


def test_the_token_goes_into_the_header_and_a_netrc_entry_does_not_replace_it(
    connect, hubspot, secret: str, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine hubspot.test login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    hubspot.get(TICKETS, json={}, match=[matchers.header_matcher({"Authorization": f"Bearer {secret}"})])
    assert connect().GET("/crm/v3/objects/tickets").ok


def test_bodies_are_json_and_booleans_in_queries_are_lower_case(transport: Transport, hubspot) -> None:
    hubspot.post(
        f"{TICKETS}/batch/read",
        json={"results": []},
        match=[
            matchers.json_params_matcher({"inputs": [{"id": "1"}]}),
            matchers.query_param_matcher({"archived": "false"}),
        ],
    )
    body = {"inputs": [{"id": "1"}]}
    answer = transport.POST("/crm/v3/objects/tickets/batch/read", body=body, query_params=[("archived", False)])
    assert answer.ok


def test_form_fields_are_refused_rather_than_dropped(transport: Transport) -> None:
    with pytest.raises(ValueError, match="form fields"):
        transport.POST("/crm/v3/objects/tickets", post_params=[("a", "b")])


def test_every_call_has_a_timeout_and_the_callers_own_wins(connect, hubspot) -> None:
    timeouts: list[object] = []

    class Session(requests.Session):
        def request(self, *args: object, **kwargs: object) -> requests.Response:
            timeouts.append(kwargs["timeout"])
            return super().request(*args, **kwargs)

    transport = connect(session=Session())
    hubspot.get(TICKETS, json={})
    transport.GET("/crm/v3/objects/tickets")
    transport.GET("/crm/v3/objects/tickets", _request_timeout=5)
    assert timeouts == [(3.05, 30.0), 5]


def test_compressed_answers_are_asked_for_and_unpacked(transport: Transport, hubspot) -> None:
    hubspot.get(TICKETS, body=gzip.compress(b'{"results":[1]}'), headers={"Content-Encoding": "gzip"})
    assert transport.GET("/crm/v3/objects/tickets").document == {"results": [1]}
    assert "gzip" in hubspot.calls[0].request.headers["Accept-Encoding"]


def test_a_207_is_an_answer(transport: Transport, hubspot) -> None:
    hubspot.post(f"{TICKETS}/batch/update", status=207, json={"results": [], "errors": []})
    assert transport.POST("/crm/v3/objects/tickets/batch/update", body={}).status == 207


def test_a_204_needs_no_body(transport: Transport, hubspot) -> None:
    hubspot.delete("http://hubspot.test/crm/properties/2026-09/tickets/x", status=204)
    answer = transport.DELETE("/crm/v3/properties/tickets/x")
    assert (answer.data, answer.document) == (b"", None)


def test_headers_are_found_in_any_case(transport: Transport, hubspot) -> None:
    hubspot.get(TICKETS, json={}, headers={"X-HubSpot-Correlation-Id": "abc"})
    answer = transport.GET("/crm/v3/objects/tickets")
    assert answer.getheader("x-hubspot-correlation-id") == "abc"
    assert answer.getheader("absent", "none") == "none"
    assert transport.last_correlation_id == "abc"


def test_calls_are_counted_by_kind(transport: Transport, hubspot) -> None:
    hubspot.get(TICKETS, json={})
    hubspot.post(SEARCH, json={})
    transport.GET("/crm/v3/objects/tickets")
    transport.POST("/crm/v3/objects/tickets/search", body={})
    transport.POST("/crm/v3/objects/tickets/search", body={})
    assert transport.calls == {"list": 1, "search": 2}
    assert (transport.retried, transport.rate_limited) == (0, 0)


def test_requests_wait_for_their_place_in_the_budget(transport: Transport, hubspot, time) -> None:
    hubspot.post(SEARCH, json={})
    for _ in range(4):
        transport.POST("/crm/v3/objects/tickets/search", body={})
    assert time.elapsed_s == pytest.approx(1)


def test_now_is_the_local_clock_until_hubspot_has_answered(transport: Transport, time) -> None:
    assert transport.offset_ms == 0
    assert transport.now_ms() == int(time.start_s) * 1000


def test_now_follows_the_date_header(connect, hubspot, time) -> None:
    transport = connect(clock=ClockMode.HUBSPOT)
    hubspot.get(TICKETS, json={}, headers={"Date": "Tue, 14 Nov 2023 23:13:20 GMT"})  # an hour ahead
    transport.GET("/crm/v3/objects/tickets")
    assert transport.offset_ms == 3_600_000
    assert transport.now_ms() == int(time.start_s) * 1000 + 3_600_000


def test_the_token_is_in_no_log_and_no_repr(connect, secret: str, caplog: pytest.LogCaptureFixture) -> None:
    transport = connect()
    for name in (None, "urllib3", "requests", "hubspot"):
        caplog.set_level(logging.DEBUG, logger=name)
    with responses.RequestsMock() as hubspot:
        hubspot.get(TICKETS, status=400, json={"message": f"bad {secret}"})
        with pytest.raises(Exception, match="bad pat-…abcd") as caught:
            transport.GET("/crm/v3/objects/tickets")
    assert secret not in caplog.text + repr(transport) + repr(caught.value) + str(caught.value.body)
