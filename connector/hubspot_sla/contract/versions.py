"""Which version of a contract settles a window: the one in force at its first instant, for all the time that the
contract is valid."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.contract.terms import Contract
    from hubspot_sla.measure.periods import Period


def settling(versions: Sequence[Contract], window: Period) -> Contract | None:
    """The version, valid as long as it and those that follow it without a gap. None: none is valid in the window.

    `versions` are of one contract, and no two are valid on one day.
    """
    ordered = sorted(versions, key=lambda version: version.valid_from)
    valid = [each for each in ordered if each.valid_from < window.end and _reaches(each, window)]
    if not valid:
        return None
    first, valid_to = valid[0], valid[0].valid_to
    for version in ordered:
        if version.valid_from == valid_to:
            valid_to = version.valid_to
    return replace(first, valid_to=valid_to)


def _reaches(version: Contract, window: Period) -> bool:
    return version.valid_to is None or version.valid_to > window.start
