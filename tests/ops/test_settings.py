"""What the operator may choose, and what is refused."""

from __future__ import annotations

import logging

import pytest

from hubspot_sla.errors import UsageProblem
from hubspot_sla.ops.settings import Choices, choices

SECRET = "https://beats.example/ping/0f3c-secret"


def test_nothing_is_served_or_pinged_unless_asked_for() -> None:
    assert choices({}) == Choices("auto", logging.INFO, None, None)


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("9464", ("127.0.0.1", 9464)),
        ("127.0.0.1:9464", ("127.0.0.1", 9464)),
        ("0.0.0.0:80", ("0.0.0.0", 80)),  # noqa: S104 - what the operator says
        ("[::1]:9464", ("::1", 9464)),
        ("localhost:0", ("localhost", 0)),
    ],
)
def test_an_address_is_a_host_and_a_port_or_a_port_of_this_machine(given: str, address: tuple[str, int]) -> None:
    assert choices({"SLA_METRICS": given}).metrics == address


@pytest.mark.parametrize(
    ("variable", "given"),
    [
        ("SLA_METRICS", "somewhere"),
        ("SLA_METRICS", "localhost:http"),
        ("SLA_METRICS", "70000"),
        ("SLA_METRICS", "localhost:80/metrics"),
        ("SLA_LOG", "xml"),
        ("SLA_LOG_LEVEL", "loud"),
        ("SLA_HEARTBEAT_URL", "beats.example/ping/0f3c-secret"),
        ("SLA_HEARTBEAT_URL", "https://[::1/ping/0f3c-secret"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(variable: str, given: str) -> None:
    with pytest.raises(UsageProblem, match=variable) as refused:
        choices({variable: given})
    assert "secret" not in str(refused.value)


def test_the_heartbeat_is_not_shown() -> None:
    assert "secret" not in repr(choices({"SLA_HEARTBEAT_URL": SECRET}))
