"""Targets that go by a property and say nothing of its other values.

A ticket with such a value, often one without a priority, is promised nothing, and nobody may have meant that. So every
such target says `default:`, be it `default: none`. Mappings that are in force without go on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.policy.compile_targets import clocks_of
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.target_documents import DEFAULT, ChoiceSection, EarlierSection, LaterSection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.policy_documents import PoliciesFile
    from hubspot_sla.policy.target_documents import TargetForm
    from hubspot_sla.policy.yaml_reader import Document, Path

REMEDY = "add default: and a target, or default: none where nothing is promised"


def missing_defaults(document: Document, file: PoliciesFile) -> list[Problem]:
    """One problem for each target, at any depth, that has values and no `default`."""
    problems = (
        problem
        for number, section in enumerate(file.policies)
        for _, keys, form in clocks_of(section)
        for problem in _of_target(document, ("policies", number, "targets", *keys), form)
    )
    return list(dict.fromkeys(problems))


def _of_target(document: Document, path: Path, form: TargetForm) -> Iterator[Problem]:
    if isinstance(form, EarlierSection | LaterSection):
        inner = form.earlier_of if isinstance(form, EarlierSection) else form.later_of
        for number, one in enumerate(inner):
            yield from _of_target(document, (*path, form.KEY, number), one)
    elif isinstance(form, ChoiceSection):
        if DEFAULT not in form.targets:
            message = f"there is no `default`: at any other {form.by[0].text}, or without one, nothing is promised"
            yield document.problem(path, message, REMEDY, code=Code.TARGET_WITHOUT_DEFAULT)
        for value, one in form.targets.items():
            yield from _of_target(document, (*path, value), one)
