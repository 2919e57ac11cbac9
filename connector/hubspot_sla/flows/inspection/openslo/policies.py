"""The objectives of policies.yaml as OpenSLO has them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from hubspot_sla.flows.inspection.openslo.names import Named, unique_names
from hubspot_sla.flows.inspection.openslo.objects import (
    LEDGER,
    Exported,
    Metadata,
    asked_labels,
    calendar_window,
    decimal,
    made,
    promised_by,
    ratio,
    service,
    slo,
)
from hubspot_sla.flows.reporting.objectives import described
from hubspot_sla.flows.reporting.query import zone_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.flows.inspection.openslo.objects import Object
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.objectives import Objective

SERVICE: Final = "policies"
ANY_MONTH: Final = "2000-01-01"
"""Calendar months are aligned to the first day of any of them."""
_PERIOD = "policies.yaml gives its objectives no period: a calendar month is written, which is what `sla report` takes"
_ORDER = "a promise counts for the first objective that covers it: the annotation hubspot-sla.place holds the order"


def of_policies(mappings: Mappings) -> Exported:
    """Nothing where the file has no objectives."""
    objectives = mappings.objectives
    if not objectives:
        return Exported()
    written = _as_written(mappings)
    names = unique_names([_named(*each) for each in zip(objectives, written, strict=True)])
    objects, notes = [service(Metadata(SERVICE, "Objectives of policies.yaml"), "Promises kept, by policy.")], [_PERIOD]
    for place, (objective, section, name) in enumerate(zip(objectives, written, names, strict=True), 1):
        metadata = Metadata(
            name,
            described(objective),
            asked_labels(objective.metric, objective.when),
            {
                **section,
                "place": str(place),
                "policies": promised_by(mappings.policy_set.policies, objective.metric, objective.when),
            },
        )
        objects.append(made("SLI", metadata, _indicator(section)))
        if objective.share >= 1:
            notes.append(f"{name}: only its SLI is written, for a target of OpenSLO is below 100%")
        else:
            objects.append(_slo(metadata, objective, mappings))
    return Exported(objects, (), [*notes, *([_ORDER] if len(objectives) > 1 else [])])


def _as_written(mappings: Mappings) -> list[dict[str, object]]:
    sections = mappings.policy_set.document.content.get("objectives")
    return [dict(each) for each in sections if isinstance(each, dict)] if isinstance(sections, list) else []


def _named(objective: Objective, section: Mapping[str, object]) -> Named:
    """Another share is no other objective."""
    exact = {key: value for key, value in section.items() if key != "attain"}
    return Named((SERVICE, described(objective)), json.dumps(exact, sort_keys=True, default=str))


def _indicator(section: Mapping[str, object]) -> Object:
    asked = {key: section[key] for key in ("metric", "when") if key in section}
    return ratio(LEDGER, LEDGER, {"count": "promises kept", **asked}, {"count": "promises judged", **asked})


def _slo(metadata: Metadata, objective: Objective, mappings: Mappings) -> Object:
    window = calendar_window("1M", ANY_MONTH, str(zone_of(mappings)))
    target = {"displayName": metadata.name, "target": decimal(objective.share)}
    return slo(metadata, f"Share of promises kept: {metadata.display}", SERVICE, window, target)
