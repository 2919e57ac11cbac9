"""Names that job files written for version 0.1 import. New ones import `hubspot_sla.jobs`.

`sla init` copies the job files once; an upgrade does not touch them. So the modules they name must go on answering.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

_MODULES = {
    "hubspot_sla.flows.parts": ("hubspot_sla.flows.context.context", {"Parts": "Context"}),
    "hubspot_sla.flows.sync": ("hubspot_sla.flows.runs.sync", {}),
    "hubspot_sla.flows.slow_lane": ("hubspot_sla.flows.runs.slow_lane", {}),
    "hubspot_sla.flows.sweep": ("hubspot_sla.flows.runs.sweep", {}),
    "hubspot_sla.flows.refresh": ("hubspot_sla.flows.runs.refresh", {}),
    "hubspot_sla.flows.watch": ("hubspot_sla.flows.runs.deadlines", {}),
    "hubspot_sla.flows.waiting": ("hubspot_sla.flows.runs.resend", {}),
    "hubspot_sla.flows.backup": ("hubspot_sla.flows.installation.backup", {}),
    "hubspot_sla.flows.journal": ("hubspot_sla.flows.sending.commit", {"Tally": "RunStats"}),
    "hubspot_sla.flows.running": ("hubspot_sla.flows.worker", {}),
    "hubspot_sla.flows.running.jobs": ("hubspot_sla.flows.context.run_result", {}),
}
"""Former module to where its names are now, and those of its names that changed."""
_MOVED = [("hubspot_sla.ledger.audit", "require_whole", "hubspot_sla.ledger.audit_verification")]
"""A module that is there still, a name that it had, and where that is now."""


class _Former(ModuleType):
    """A former module: every name is looked up where it is now, at its first use."""

    def __init__(self, name: str, current: str, renamed: dict[str, str]) -> None:
        super().__init__(name, f"Moved to {current}; job files import hubspot_sla.jobs.")
        self.__path__: list[str] = []
        self._current, self._renamed = current, renamed

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(importlib.import_module(self._current), self._renamed.get(name, name))


def answer() -> None:
    """From now on the former modules can be imported, and former names from those that are there still."""
    for name, (current, renamed) in _MODULES.items():
        sys.modules.setdefault(name, _Former(name, current, renamed))
    for former, name, current in _MOVED:
        setattr(importlib.import_module(former), name, getattr(importlib.import_module(current), name))
