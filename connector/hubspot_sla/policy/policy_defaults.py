"""`defaults` of policies.yaml: what policies say that do not say it themselves.

A policy that has a key of its own takes nothing of that key from the defaults: `pauses` of a policy stand in place of
`pauses` of the defaults, whole. What comes from the defaults keeps its place in the file, so a mistake in it is named
once, there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.policy.yaml_document import Document, Path, Place, Tree

DEFAULTS, POLICIES = "defaults", "policies"


def with_defaults(document: Document) -> Document:
    """The document with the defaults written into each policy. As it is, where either is missing or of a wrong form:
    then the model of the file says what is wrong."""
    defaults, policies = document.content.get(DEFAULTS), document.content.get(POLICIES)
    if not isinstance(defaults, dict) or not isinstance(policies, list):
        return document
    taken = [_taken(policy, defaults) for policy in policies]
    whole: list[Tree] = [
        policy | own if isinstance(policy, dict) else policy for policy, own in zip(policies, taken, strict=True)
    ]
    return replace(
        document,
        content={**document.content, POLICIES: whole},
        values={**document.values, **_places(document.values, taken)},
        keys={**document.keys, **_places(document.keys, taken)},
    )


def _taken(policy: Tree, defaults: dict[str, Tree]) -> dict[str, Tree]:
    return {key: value for key, value in defaults.items() if key not in policy} if isinstance(policy, dict) else {}


def _places(places: Mapping[Path, Place], taken: list[dict[str, Tree]]) -> dict[Path, Place]:
    """Where in the file the defaults of each policy are written."""
    written = [(path[1:], place) for path, place in places.items() if path[:1] == (DEFAULTS,) and len(path) > 1]
    return {
        (POLICIES, number, *path): place
        for number, keys in enumerate(taken)
        for path, place in written
        if path[0] in keys
    }
