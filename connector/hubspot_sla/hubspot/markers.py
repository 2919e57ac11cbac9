"""The properties by which we know tasks and notes that we made ourselves."""

from __future__ import annotations

from typing import Final

MARKER_PROPERTY: Final = "sla_task_key"
NOTE_MARKER: Final = "sla_note_key"
