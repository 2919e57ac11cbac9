"""Targets that go by a property and say nothing of its other values.

A ticket with such a value, often one without a priority, is promised nothing, and nobody may have meant that. So every
such target says `default:`, be it `default: none`. Mappings that are in force without go on.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from hubspot_sla.policy.choice_words import DEFAULT
from hubspot_sla.policy.compile_targets import ALIKE, clocks_of
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.target_documents import ChoiceSection, EarlierSection, LaterSection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.policy_documents import PoliciesFile, TargetsSection
    from hubspot_sla.policy.target_documents import TargetForm
    from hubspot_sla.policy.yaml_document import Document, Path

OTHERS = frozenset({"other", "others", "else", "any", "all", "rest", "*", "_", "otherwise"})
"""What people write who mean `default`."""
REMEDY = "add default: and a target, or default: none where nothing is promised"


def missing_defaults(document: Document, file: PoliciesFile) -> list[Problem]:
    """One problem for each target, at any depth, that has values and no `default`, or that is left empty."""
    problems: list[Problem] = []
    for number, section in enumerate(file.policies):
        path: Path = ("policies", number, "targets")
        problems += _left_empty(document, path, section.targets)
        for _, keys, form in clocks_of(section):
            problems += _of_target(document, (*path, *keys), form)
    return list(dict.fromkeys(problems))


def _left_empty(document: Document, path: Path, targets: TargetsSection) -> Iterator[Problem]:
    """`resolution:` with nothing behind it: a target that was forgotten, or that nobody wants."""
    for metric in sorted(targets.model_fields_set & type(targets).model_fields.keys()):
        if getattr(targets, metric) is None:
            message = f"there is no target for {metric!r}"
            yield document.problem(
                (*path, metric), message, "write one, or leave the line out", code=Code.NOTHING_PROMISED
            )


def _of_target(document: Document, path: Path, form: TargetForm) -> Iterator[Problem]:
    if isinstance(form, EarlierSection | LaterSection):
        inner = form.earlier_of if isinstance(form, EarlierSection) else form.later_of
        for number, one in enumerate(inner):
            yield from _of_target(document, (*path, form.KEY, number), one)
    elif isinstance(form, ChoiceSection):
        if DEFAULT not in form.targets and not _is_misspelt(form):
            message = f"there is no `default`: at any other {form.by[0].text}, or without one, nothing is promised"
            yield document.problem(path, message, _remedy(form), code=Code.TARGET_WITHOUT_DEFAULT)
        for value, one in form.targets.items():
            yield from _of_target(document, (*path, value), one)


def _is_misspelt(form: ChoiceSection) -> bool:
    """`Default`, `defualt`: that is a mistake of its own, which `compile_targets` names."""
    return "by" not in form.model_fields_set and any(
        get_close_matches(value.casefold(), [DEFAULT], n=1, cutoff=ALIKE) for value in form.targets
    )


def _remedy(form: ChoiceSection) -> str:
    meant = next((value for value in form.targets if value.casefold() in OTHERS), None)
    return REMEDY if meant is None else f"write default: in place of {meant}:"
