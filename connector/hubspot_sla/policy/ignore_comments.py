"""`# sla: ignore SLA605` at the end of a line: the warnings about that line that nobody wants to see again.

Errors cannot be ignored. A comment that ignores nothing is a warning itself, for it hides the next mistake.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubspot_sla.errors import Problem
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_COMMENT = re.compile(r"(?:^|\s)#\s*sla:\s*ignore\b([^#]*)")
_FILES = (".yaml", ".yml")
OF_THE_PORTAL = frozenset({Code.PORTAL_CHANGED, Code.ROLE_DIFFERS, Code.POLICY_WITHOUT_TICKETS})
"""Warnings that only show with the portal at hand: without it nobody knows whether ignoring them has an effect."""


def without_ignored(
    warnings: Iterable[Problem], texts: Mapping[str, str], *, portal_asked: bool = False, judge_comments: bool = True
) -> list[Problem]:
    """The warnings that no comment ignores, and with `judge_comments` one for each comment that ignores nothing.
    `portal_asked`: those about the portal are among them."""
    ignored = {(file, line, code) for file, line, _, codes in _comments(texts) for code in codes}
    shown: list[Problem] = []
    used: set[tuple[str, int, str]] = set()
    for warning in warnings:
        key = (warning.file, warning.line, warning.code)
        if key in ignored and _is_warning(warning.code):
            used.add(key)
        else:
            shown.append(warning)
    if judge_comments:
        shown.extend(_without_effect(texts, used, portal_asked=portal_asked))
    return sorted(shown)


def _without_effect(
    texts: Mapping[str, str], used: set[tuple[str, int, str]], *, portal_asked: bool
) -> Iterator[Problem]:
    for file, line, column, codes in _comments(texts):
        if not codes:
            message, remedy = "this comment names no code", "write the code of the warning: # sla: ignore SLA605"
            yield Problem(file, line, column, message, remedy, Code.IGNORE_WITHOUT_EFFECT)
        for code in codes:
            if (file, line, code) not in used and (portal_asked or code not in OF_THE_PORTAL):
                yield Problem(file, line, column, *_why(code), Code.IGNORE_WITHOUT_EFFECT)


def _why(code: str) -> tuple[str, str]:
    if code not in {known.value for known in Code}:
        return f"there is no message {code}", nearest(code, [known.value for known in Code if known.is_warning])
    if not _is_warning(code):
        return f"{code} is an error, and errors cannot be ignored", "repair what it is about, and delete this comment"
    return f"this line has no warning {code}", "delete this comment"


def _is_warning(code: str) -> bool:
    return any(known == code and known.is_warning for known in Code)


def _comments(texts: Mapping[str, str]) -> Iterator[tuple[str, int, int, tuple[str, ...]]]:
    """(file, line, column, codes) of every such comment."""
    for file, text in texts.items():
        if not file.endswith(_FILES) or "ignore" not in text:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if match := _COMMENT.search(line):
                codes = tuple(match[1].replace(",", " ").split())
                yield file, number, line.index("#", match.start()) + 1, codes
