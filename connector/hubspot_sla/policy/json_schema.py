"""A JSON Schema for each file of mappings/, generated from the models that read it, so that editors complete and mark
what `sla check` would. `make schema` writes them to mappings/schema/; a test holds them current.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hubspot_sla.policy.calendar_documents import CalendarsFile
from hubspot_sla.policy.case_documents import CasesFile
from hubspot_sla.policy.contract_documents import ContractsFile
from hubspot_sla.policy.documents import PortalFile, TiersFile
from hubspot_sla.policy.escalation_documents import EscalationsFile
from hubspot_sla.policy.metric_documents import METRIC_DEFINITIONS
from hubspot_sla.policy.metric_term_documents import TERM_DEFINITIONS
from hubspot_sla.policy.policy_documents import PoliciesFile
from hubspot_sla.policy.target_documents import TARGET_SCHEMA, VISITS_SCHEMA
from hubspot_sla.policy.waiver_documents import WaiversFile

if TYPE_CHECKING:
    from pydantic import BaseModel

MODELS: dict[str, type[BaseModel]] = {
    "portal": PortalFile,
    "calendars": CalendarsFile,
    "tiers": TiersFile,
    "policies": PoliciesFile,
    "escalations": EscalationsFile,
    "tests": CasesFile,
    "waivers": WaiversFile,
    "contracts": ContractsFile,
}
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(name: str) -> dict[str, object]:
    """The schema of `<name>.yaml`."""
    schema = _tidy(MODELS[name].model_json_schema(by_alias=True))
    if name == "policies":
        definitions = schema.setdefault("$defs", {})
        assert isinstance(definitions, dict)  # noqa: S101 - as every JSON Schema has it
        definitions |= {"Target": TARGET_SCHEMA, "Visits": VISITS_SCHEMA, **METRIC_DEFINITIONS, **TERM_DEFINITIONS}
        policy = definitions["PolicySection"]
        assert isinstance(policy, dict)  # noqa: S101 - as every JSON Schema has it
        policy["required"] = ["id"]  # what else a policy needs may come from `defaults`
    return {"$schema": DIALECT, **schema}


def text_of(name: str) -> str:
    """The schema as it stands in mappings/schema/."""
    return json.dumps(schema_of(name), indent=2, ensure_ascii=False) + "\n"


def _tidy(schema: dict[str, object]) -> dict[str, object]:
    """Without the titles that repeat every key, and without `null`: an empty value is no value here."""
    return {key: _tidied(value) for key, value in schema.items() if not (key == "title" and isinstance(value, str))}


def _tidied(value: object) -> object:
    if isinstance(value, list):
        return [_tidied(item) for item in value if item != {"type": "null"}]
    if not isinstance(value, dict):
        return value
    if "$defs_name" in value:
        return {"$ref": f"#/$defs/{value['$defs_name']}"}
    tidy = _tidy(value)
    if "default" in tidy and tidy["default"] is None:
        del tidy["default"]
    choices = tidy.get("anyOf")
    if isinstance(choices, list) and len(choices) == 1 and isinstance(choices[0], dict):
        del tidy["anyOf"]
        tidy = {**choices[0], **tidy}
    return tidy


def main(folder: Path) -> None:
    """Write every schema into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in MODELS:
        (folder / f"{name}.json").write_text(text_of(name), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
