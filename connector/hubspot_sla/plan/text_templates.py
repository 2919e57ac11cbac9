"""Templates of texts, as portal.yaml says them; "" stands for the text of this product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

RECORD_FIELDS: Final = (
    *("ticket_id", "subject", "url", "policy", "tier", "metric", "status", "owner_id"),
    *("company", "owner", "lateness", "since", "due", "promised", "summary", "details"),
)
"""What the template of the text on the record may name: nothing that changes by the mere passing of time."""


@dataclass(frozen=True, slots=True)
class TextTemplates:
    """Those of tasks and notes may name what a notification's may (`rung_context.FIELDS`)."""

    reason: str = ""
    task_title: str = ""
    task: str = ""
    note: str = ""


NO_TEMPLATES: Final = TextTemplates()
