"""SLA policies as code for HubSpot Service Hub.

`Calendar` is imported when it is first asked for, so that `sla --help` stays light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubspot_sla.business_time import Calendar

__all__ = ["Calendar"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from hubspot_sla import business_time

    globals()[name] = found = getattr(business_time, name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
