"""A small world that is like a large one: pages and batches of three or four, and mappings compiled once."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING
from unittest.mock import patch

from hubspot_sla.flows.context import loaded_mappings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

SIZES = {"PAGE": 4, "BATCH": 3, "BATCH_WITH_HISTORY": 3, "ASSOCIATION_BATCH": 4, "LOCAL_BATCH": 3, "CAP": 12}
ROOMS = ("hubspot_sla.hubspot.", "hubspot_sla.flows.")


@contextmanager
def small_world(sizes: Mapping[str, int] = SIZES) -> Iterator[None]:
    """HubSpot does not mind being asked for fewer rows than it allows, and a dozen tickets have as many boundaries
    as thousands."""
    with ExitStack() as patched:
        for module in _ours():
            for name in sizes.keys() & vars(module).keys():
                patched.enter_context(patch.object(module, name, sizes[name]))
        patched.enter_context(compiled_once())
        yield


@contextmanager
def compiled_once() -> Iterator[None]:
    """A process runs one lane after the other, and each would read the same mappings again; here are more of them than
    a process keeps."""
    with patch.object(loaded_mappings, "_compiled", _COMPILED):
        yield


def _ours() -> list[ModuleType]:
    return [module for name, module in sorted(sys.modules.items()) if name.startswith(ROOMS)]


_COMPILED = cache(loaded_mappings._compiled.__wrapped__)
