"""Contracts in the words of contracts.yaml, loaded as `sla check` would, with what is odd about them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from hubspot_sla.contract.sample import Sample
from hubspot_sla.policy.loader import load
from hubspot_sla.policy.review import warnings_about
from policy.mapping_texts import PORTAL, texts

if TYPE_CHECKING:
    from fractions import Fraction

    from hubspot_sla.contract.terms import Contract
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.policy.written_contracts import WrittenContract

FOLDER = Path(__file__).parent / "published"
WITH_A_VENDOR = PORTAL + "    Hosted: {role: waiting, vendor: Hoster}\n"
MINUTE_MS = 60_000


@dataclass(frozen=True)
class Loaded:
    """The first contract of a file, and the warnings about the file as (code, message)."""

    written: WrittenContract
    warnings: list[tuple[str, str]]

    @property
    def terms(self) -> Contract:
        return self.written.terms


@cache
def published(name: str) -> Loaded:
    return loaded((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


@cache
def loaded(text: str) -> Loaded:
    """Raises MappingInvalid."""
    every = texts(contracts=text, portal=WITH_A_VENDOR)
    mappings = load(every)
    warnings = [
        (problem.code, problem.message)
        for problem in warnings_about(mappings, every, 0)
        if problem.file == "contracts.yaml"
    ]
    return Loaded(mappings.contracts.written[0], warnings)


def up(share: Fraction, window: Period) -> Sample:
    """Exactly this share of the window was up."""
    total = window.end_at - window.start_at
    down = total * (1 - share)
    assert down.denominator == 1
    return Sample(total_ms=total, down=((window.start_at, window.start_at + int(down)),) if down else ())


def minutes_down(minutes: int, window: Period) -> Sample:
    total = window.end_at - window.start_at
    return Sample(total_ms=total, down=((window.start_at, window.start_at + minutes * MINUTE_MS),))
