"""mappings/ compiled, with the object types that there are profiles of."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from hubspot_sla.hubspot.objects.table import PROFILES
from hubspot_sla.plan.records import TICKETS
from hubspot_sla.policy.calendar_data import INSTALLED, DatesInUse, ResolvedData
from hubspot_sla.policy.grammars import CURRENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.policy.mappings import Mappings

YAML = (".yaml", ".yml")


_KEPT = 8
"""A process that judges reads the same texts again and again: those in force, those in the folder, those of before."""

_Kept = tuple[tuple[tuple[str, bytes], ...], DatesInUse | None]


def load_mappings(
    texts: Mapping[str, str],
    grammar: int = CURRENT,
    *,
    later_rules: bool = True,
    data: ResolvedData | None = None,
) -> Mappings:
    """As `policy.loader.load`, compiled once in a process, with the zones and holidays of `data`, or else of this
    machine. Raises MappingInvalid."""
    names = frozenset(PROFILES) - {TICKETS}
    kept: _Kept | None = None if data is None else (tuple(sorted(data.known.items())), data.in_use)
    mappings, used = _compiled(tuple(sorted(texts.items())), grammar, names, later_rules, kept)
    if data is not None:
        data.used.update(used)
    return mappings


@lru_cache(_KEPT)
def _compiled(
    texts: tuple[tuple[str, str], ...],
    grammar: int,
    names: frozenset[str],
    later_rules: bool,
    kept: _Kept | None,
) -> tuple[Mappings, Mapping[str, bytes]]:
    """With the contents that its calendars used."""
    from hubspot_sla.policy.loader import load  # 0.3 s: only who compiles pays for the models of all files

    others = {name: PROFILES[name].properties for name in names}
    data = None if kept is None else ResolvedData(dict(kept[0]), kept[1])
    mappings = load(
        dict(texts),
        grammar=grammar,
        object_types=others,
        later_rules=later_rules,
        calendar_data=data or INSTALLED,
    )
    return mappings, data.used if data else {}


def load_folder(
    texts: Mapping[str, str], in_force: Mapping[str, str] | None, data: ResolvedData | None = None
) -> Mappings:
    """What stands in the folder, beside the texts `in_force` (None: none are). A rule that came later than they did
    holds once somebody edits a YAML file, so an upgrade stops nobody; new rows of tables are no edit.

    Raises MappingInvalid."""
    edited = in_force is None or _rules(texts) != _rules(in_force)
    return load_mappings(texts, later_rules=edited, data=data)


def _rules(texts: Mapping[str, str]) -> dict[str, list[str]]:
    return {name: text.splitlines() for name, text in texts.items() if name.endswith(YAML)}
