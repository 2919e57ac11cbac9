"""Waits that take no time: a test of what happens after a retry need not wait for it.

Patience still counts the seconds that it asked for, so it ends after as many attempts as in earnest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubspot_sla.hubspot.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def nobody_waits_for_a_retry() -> Iterator[None]:
    """Only for requests made in this process, and where the test says nothing else."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(Transport.__init__.__kwdefaults__, "sleep", lambda _seconds: None)
        yield
