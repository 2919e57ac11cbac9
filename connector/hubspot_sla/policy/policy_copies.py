"""Copies of a policy as it is written: for some of its tickets only, and with other targets. Everything else stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import STAGE_TOTAL
from hubspot_sla.policy.condition_values import Wanted, parse_wanted
from hubspot_sla.policy.target_documents import VisitsSection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.policy.yaml_document import Tree

Group = dict[str, "Tree"]
Condition = tuple[tuple[str, ...], "str | None"]
"""The keys under `when` that lead to a wish, and the value that is wished; None: that there is none."""
MetricAndPlace = tuple[str, str]
"""As a clock is named: (`resolution`, ""), (`stage`, `Bank`), (`stage_total`, `Bank`)."""
_SINGLE: Final = frozenset({"tier", "pipeline", "stage", "priority", "owner", "source"})
"""Words of which a record has one value at most (`conditions.Asks`)."""
_EACH, _TOTAL = "each", "total"


def narrowed(when: Tree, conditions: tuple[Condition, ...]) -> Group | None:
    """Conditions as they are written, and these as well; None where no ticket fulfils both."""
    narrow: Group = dict(when) if isinstance(when, dict) else {}
    for keys, value in conditions:
        wish: Tree = {"known": False} if value is None else value
        *outer, name = keys
        room = narrow
        for key in outer:
            inside = room.get(key)
            room[key] = room = dict(inside) if isinstance(inside, dict) else {}
        asked = room.get(name)
        if asked is None or _wanted(wish).implies(_wanted(asked)):
            room[name] = wish
        elif name in _SINGLE and not outer and _wanted(wish).excludes(_wanted(asked)):
            return None
        else:  # of several values one may fulfil this, another that
            every = narrow.get("all")
            also: Tree = wish
            for key in reversed(keys):
                also = {key: also}
            narrow["all"] = [*(every if isinstance(every, list) else []), also]
    return narrow


def _wanted(written: Tree) -> Wanted:
    return parse_wanted(written)


def with_targets(targets: Tree, lengths: Mapping[MetricAndPlace, Tree]) -> Group:
    """Targets as they are written, each of these in place of what stands there."""
    changed: Group = dict(targets) if isinstance(targets, dict) else {}
    for (metric, place), target in lengths.items():
        if not place:
            changed[metric] = target
            continue
        stages = changed.get(Metric.STAGE)
        of_places: Group = dict(stages) if isinstance(stages, dict) else {}
        visits = _visits(of_places.get(place))
        visits[_TOTAL if metric == STAGE_TOTAL else _EACH] = target
        of_places[place] = visits if visits.keys() != {_EACH} else visits[_EACH]
        changed[Metric.STAGE.value] = of_places
    return changed


def _visits(written: Tree) -> Group:
    if isinstance(written, dict) and "by" not in written and not VisitsSection.model_fields.keys().isdisjoint(written):
        return dict(written)
    return {} if written is None else {_EACH: written}
