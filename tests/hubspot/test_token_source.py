"""The seam for OAuth: the transport asks for the token at each request, and once more when HubSpot refuses it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.errors import TokenRejected
from hubspot_sla.hubspot.credentials import Token
from hubspot_sla.hubspot.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sandbox.server import Running

OLD, NEW = "CJ-old-access-token-0001", "CJ-new-access-token-0002"
ACCOUNT = "/account-info/v3/details"


class Renewing:
    """What an OAuth installation will be: a refused token is exchanged for another, as often as there is one."""

    def __init__(self, *tokens: str) -> None:
        self._tokens = [Token(token) for token in tokens]
        self._lock = threading.Lock()
        self.exchanges = 0

    def current(self) -> Token:
        return self._tokens[0]

    def renewed(self, refused: Token) -> bool:
        with self._lock:
            if refused is not self._tokens[0]:
                return True
            if len(self._tokens) == 1:
                return False
            self.exchanges += 1
            del self._tokens[0]
            return True


@pytest.fixture
def source(sandbox: Running) -> Renewing:
    sandbox.access.grant(NEW)
    return Renewing(OLD, NEW)


@pytest.fixture
def transport(sandbox: Running, source: Renewing) -> Iterator[Transport]:
    made = Transport(sandbox.url, source)
    yield made
    made.close()


def test_a_refused_token_is_renewed_once_and_the_request_sent_again(transport: Transport, source: Renewing) -> None:
    assert transport.GET(ACCOUNT).ok
    assert transport.GET(ACCOUNT).ok
    assert source.exchanges == 1
    assert transport.calls.total() == 3


def test_a_renewed_token_that_is_refused_too_ends_it(transport: Transport, sandbox: Running) -> None:
    sandbox.access.revoke(NEW)
    with pytest.raises(TokenRejected):
        transport.GET(ACCOUNT)
    assert transport.calls.total() == 3  # the third asks account-info once more, before a token is called rejected


def test_a_create_refused_for_its_token_is_sent_again_and_made_once(transport: Transport, sandbox: Running) -> None:
    before = len(sandbox.portal.ids("tasks"))
    task = {"properties": {"hs_timestamp": "2026-11-23T09:00:00Z"}}
    transport.POST("/crm/v3/objects/tasks/batch/create", body={"inputs": [task]})
    assert len(sandbox.portal.ids("tasks")) == before + 1


def test_a_static_token_is_its_own_source() -> None:
    token = Token(OLD)
    assert token.current() is token
    assert not token.renewed(token)
