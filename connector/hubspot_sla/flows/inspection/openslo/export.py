"""All objectives of the mappings as documents of OpenSLO, with what it cannot say named beside them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.representer import SafeRepresenter

from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.inspection.openslo.contracts import of_contracts
from hubspot_sla.flows.inspection.openslo.objects import LEDGER, ledger_source
from hubspot_sla.flows.inspection.openslo.policies import of_policies
from hubspot_sla.policy.mapping_files import CONTRACTS, spelling_in
from hubspot_sla.policy.yaml_reader import read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubspot_sla.flows.inspection.openslo.objects import Object
    from hubspot_sla.policy.mappings import Mappings

_PLAIN = re.compile(r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z][a-z0-9._/-]*", re.IGNORECASE)
"""Texts that every version of YAML takes for texts without quotes."""


@dataclass(frozen=True, slots=True)
class Export:
    """`objects` in the order in which they are written; `notes` are sentences for whoever exports."""

    objects: Sequence[Object]
    notes: Sequence[str]

    @property
    def sentence(self) -> str:
        """`1 DataSource, 1 Service, 2 SLI, 2 SLO`."""
        return ", ".join(f"{number} {kind}" for kind, number in Counter(each["kind"] for each in self.objects).items())

    def as_json(self) -> dict[str, object]:
        return {"objects": [_numbers(each) for each in self.objects], "notes": list(self.notes)}

    def as_yaml(self) -> bytes:
        """One document for each object."""
        yaml = YAML(typ="safe", pure=True)
        yaml.Representer = _Representer
        yaml.default_flow_style = False
        yaml.explicit_start = True
        yaml.allow_unicode = True
        yaml.width = 2**20  # no text is folded
        yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment] # ruamel has no type for it
        text = StringIO()
        yaml.dump_all(self.objects, text)
        return text.getvalue().encode()


def exported(mappings: Mappings, texts: Mapping[str, str]) -> Export:
    """`texts` are the files that the mappings were loaded from. Raises UsageProblem: they have no objective."""
    name = spelling_in(texts, CONTRACTS)
    document = read(name, texts[name])[0] if name in texts else None
    parts = of_policies(mappings), of_contracts(mappings.contracts, document, mappings.policy_set.policies)
    objects = [each for part in parts for each in part.objects]
    if not objects:
        raise UsageProblem(
            "the mappings have no objective to export",
            remedy="write `objectives:` in policies.yaml, or a contract in contracts.yaml",
        )
    noted = Counter(key for part in parts for key in part.only_noted)
    notes = [note for part in parts for note in part.notes]
    if noted:
        each = ", ".join(f"{key} ({number})" for key, number in noted.items())
        notes.append(f"in annotations alone, for OpenSLO has no field for it: {each}")
    ordered = sorted([ledger_source(), *objects] if _uses_ledger(objects) else objects, key=_place)
    return Export(ordered, notes)


def _uses_ledger(objects: Sequence[Object]) -> bool:
    return any(_source(each["spec"]) == LEDGER for each in objects if each["kind"] == "SLI")


def _source(spec: Mapping[str, Any]) -> str:
    metric = spec["ratioMetric"]["good"] if "ratioMetric" in spec else spec["thresholdMetric"]
    return str(metric["metricSource"]["metricSourceRef"])


def _place(document: Object) -> int:
    """What others refer to comes first."""
    return ("DataSource", "Service", "SLI", "SLO").index(document["kind"])


def _numbers(value: Any) -> Any:
    """The same with numbers as JSON has them."""
    if isinstance(value, dict):
        return {key: _numbers(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_numbers(inner) for inner in value]
    return float(value) if isinstance(value, Decimal) else value


class _Representer(SafeRepresenter):
    """Decimals digit by digit; quotes round each text that some reader could take for something else."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - nothing is an anchor, what is shared is repeated
        return True

    def of_text(self, data: str) -> Any:
        return self.represent_scalar("tag:yaml.org,2002:str", data, None if _PLAIN.fullmatch(data) else '"')

    def of_decimal(self, data: Decimal) -> Any:
        text = f"{data:f}"
        return self.represent_scalar("tag:yaml.org,2002:float", text if "." in text else f"{text}.0")


_Representer.add_representer(str, _Representer.of_text)
_Representer.add_representer(Decimal, _Representer.of_decimal)
