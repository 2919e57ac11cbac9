"""One concern of the check-up: what it is called, what it needs, and the function that looks at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hubspot_sla.flows.inspection.checks.examined import Examined
    from hubspot_sla.flows.inspection.checks.finding import Finding, Need


@dataclass(frozen=True, slots=True)
class Check:
    """`findings` gives what it finds, one after the other; it may raise errors of ours, which become findings."""

    name: str
    findings: Callable[[Examined], Iterator[Finding]]
    needs: tuple[Need, ...] = ()
