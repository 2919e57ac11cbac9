"""The instants of a run between which everything must be able to stop for good.

`Context.reached` is called with each as it is passed: a test that kills the process there proves that nothing is lost
and nothing done twice. A new step that writes or sends gets a name here.
"""

from __future__ import annotations

from enum import StrEnum


class Failpoint(StrEnum):
    """In the order in which a run passes them."""

    BEGUN = "begun"
    """The run is on record; nothing has been asked of HubSpot for it."""
    RESUMED = "resumed"
    """What an earlier run left in the air is queued again."""
    JUDGED = "judged"
    """A batch is decided upon, and nothing of it recorded."""
    RECORDED = "recorded"
    """Facts, verdicts, outbox, audit and cursor of a batch stand."""
    CLAIMED = "claimed"
    """A batch of parcels is marked as being sent, and nothing of it is."""
    LOOKED = "looked"
    """It is known which of the tasks to be made are there already."""
    SENT = "sent"
    """HubSpot has answered, and nobody has written down what."""
    SETTLED = "settled"
    """What became of a batch of parcels stands in outbox and audit."""
    ENDED = "ended"
    """Nothing is left to send; the run is not yet on record as ended."""
