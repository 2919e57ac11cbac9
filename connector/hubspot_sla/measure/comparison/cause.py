"""The closed list of causes by which HubSpot's own SLA and our clock differ, in the order in which they are tried."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Cause(StrEnum):
    """What explains a difference. Each value is the word that people and programs read."""

    NO_NATIVE_CLOCK = "no native clock"
    HOLIDAY = "holiday"
    HOURS = "hours or zone"
    PAUSE = "pause"
    START = "start"
    STOP = "stop"
    REOPEN = "reopen"
    MERGE = "merge"
    RULE = "tier or rule"
    RETROACTIVE = "retroactive edit"
    UNDER_A_SECOND = "under a second"
    UNKNOWN = "unknown"


OF_RULES: Final = (
    Cause.HOLIDAY,
    Cause.HOURS,
    Cause.PAUSE,
    Cause.START,
    Cause.STOP,
    Cause.REOPEN,
    Cause.MERGE,
    Cause.RULE,
    Cause.RETROACTIVE,
)
"""Those that are proven by counting again with one rule as HubSpot has it."""


def in_words(causes: tuple[Cause, ...]) -> str:
    """`holiday`, or `holiday + pause` where it takes both; "agree" where there is no difference."""
    return " + ".join(causes) if causes else AGREE


AGREE: Final = "agree"
