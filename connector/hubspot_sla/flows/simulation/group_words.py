"""Words of a breakdown as conditions of policies.yaml: which of them `when` can ask for, and how it says a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.plan.records import TICKETS, RecordRef
from hubspot_sla.policy.conditions import About
from hubspot_sla.policy.value_references import MAPPED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.policy.policy_copies import Condition
    from hubspot_sla.policy.portal_ids import PortalIds

BY_PROMISE: Final = frozenset({"policy", "metric", "place", "calendar", "kind", "agreement"})
"""Words that the promise itself answers, at whatever instant it is due."""
SAID_BY_WHEN: Final = ("pipeline", "stage", *MAPPED, "tier")


class CannotSay(ValueError):
    """Why no condition means a group."""


def unsayable(words: Iterable[str], version: Version) -> list[str]:
    """Those that neither a promise answers nor a condition asks for."""
    known = {*BY_PROMISE, *SAID_BY_WHEN, *version.mappings.portal.dimensions}
    return [word for word in words if word not in known]


def asked_of_records(words: Iterable[str]) -> tuple[str, ...]:
    """Those that a record answers, with what it has at the time."""
    return tuple(word for word in words if word not in BY_PROMISE)


def conditions_of(labels: Mapping[str, str | None], version: Version, object_type: str) -> tuple[Condition, ...]:
    """What the records of a group have, by word, as conditions. Raises CannotSay."""
    ids = version.portal_ids.of(object_type)
    conditions: dict[tuple[str, ...], str | None] = {}
    for word, value in labels.items():
        if word == About.PIPELINE:
            conditions["pipeline",] = _pipeline(_id_of(value, object_type), ids)
        elif word == About.STAGE:
            pipeline, _, stage = (_id_of(value, object_type) or "").rpartition(":")
            if value is not None:  # stages of two pipelines may have one name
                conditions["pipeline",] = _pipeline(pipeline, ids)
            conditions["stage",] = _stage(pipeline, stage, ids) if value is not None else None
        elif word not in BY_PROMISE:
            keys = (word,) if word in SAID_BY_WHEN else ("property", word)
            conditions[keys] = _plain(word, value)
    return tuple(conditions.items())


def has_several(word: str, value: str | None) -> bool:
    """Whether a value is several in one, each of which a condition asks for by itself."""
    return value is not None and ";" in value and word not in (About.TIER, About.PIPELINE, About.STAGE)


def _plain(word: str, value: str | None) -> str | None:
    if value is not None and (not value or value != value.strip()):
        raise CannotSay(f"no condition means the {word} {value!r}")
    return value


def _id_of(value: str | None, object_type: str) -> str | None:
    prefix = "" if object_type == TICKETS else RecordRef(object_type, "").key
    return None if value is None else value.removeprefix(prefix)


def _pipeline(pipeline: str | None, ids: PortalIds) -> str | None:
    if pipeline is not None and pipeline not in ids.pipelines.values():
        raise CannotSay(f"portal.yaml does not name the pipeline {pipeline!r}")
    return None if pipeline is None else ids.pipeline_name(pipeline)


def _stage(pipeline: str, stage: str, ids: PortalIds) -> str:
    if ids.role(pipeline, stage) is None:
        raise CannotSay(f"portal.yaml does not name the stage {stage!r}")
    return ids.stage_name(pipeline, stage)


def words_of(words: Iterable[str], key: Sequence[str | None]) -> dict[str, str | None]:
    """The values of a group by word."""
    return dict(zip(words, key, strict=True))
