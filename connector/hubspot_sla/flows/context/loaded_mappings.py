"""mappings/ compiled, with the object types that there are profiles of."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from hubspot_sla.hubspot.objects.table import PROFILES
from hubspot_sla.plan.records import TICKETS
from hubspot_sla.policy.grammars import CURRENT
from hubspot_sla.policy.loader import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.policy.mappings import Mappings

YAML = (".yaml", ".yml")


_KEPT = 8
"""A process that judges reads the same texts again and again: those in force, those in the folder, those of before."""


def load_mappings(texts: Mapping[str, str], grammar: int = CURRENT, *, defaults_demanded: bool = True) -> Mappings:
    """As `policy.loader.load`, compiled once in a process. Raises MappingInvalid."""
    names = frozenset(PROFILES) - {TICKETS}
    return _compiled(tuple(sorted(texts.items())), grammar, names, defaults_demanded)


@lru_cache(_KEPT)
def _compiled(
    texts: tuple[tuple[str, str], ...], grammar: int, names: frozenset[str], defaults_demanded: bool
) -> Mappings:
    others = {name: PROFILES[name].properties for name in names}
    return load(dict(texts), grammar=grammar, object_types=others, defaults_demanded=defaults_demanded)


def load_folder(texts: Mapping[str, str], in_force: Mapping[str, str] | None) -> Mappings:
    """What stands in the folder, beside the texts `in_force` (None: none are). A rule that came later than they did
    holds once somebody edits a YAML file, so an upgrade stops nobody; new rows of tables are no edit.

    Raises MappingInvalid."""
    edited = in_force is None or _rules(texts) != _rules(in_force)
    return load_mappings(texts, defaults_demanded=edited)


def _rules(texts: Mapping[str, str]) -> dict[str, list[str]]:
    return {name: text.splitlines() for name, text in texts.items() if name.endswith(YAML)}
