"""Faults from a YAML or JSON file: a list of them, or one under the key `faults`. Complaints name line and column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from hubspot_sandbox.faults.spec import Complaint, FaultsInvalid, Spec, spec_of

if TYPE_CHECKING:
    from pathlib import Path

    from hubspot_sandbox.faults import spec

_SHAPE = "a file of faults is a list of them, or a mapping with such a list under the key faults"


def faults_of(path: Path) -> list[Spec]:
    """The faults of a file. Raises `FaultsInvalid` with all that is wrong in it, OSError if it cannot be read."""
    places, listed = _listed(path, *_read(path))
    specs: list[Spec] = []
    wrong: list[Complaint] = []
    for at, written in enumerate(listed):
        try:
            specs.append(spec_of(written))
        except FaultsInvalid as invalid:
            wrong += [_placed(path, places, at, complaint) for complaint in invalid.complaints]
    if wrong:
        raise FaultsInvalid(wrong)
    return specs


def _read(path: Path) -> tuple[object, object]:
    """The content twice: with places, and as plain values. JSON is YAML, so one reader does for both."""
    try:
        text = path.read_text(encoding="utf-8")
        return YAML(typ="rt", pure=True).load(text), YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise FaultsInvalid([Complaint((where,), str(error.problem))]) from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise FaultsInvalid([Complaint((str(path),), str(error).partition("\n")[0])]) from None


def _listed(path: Path, places: object, content: object) -> tuple[CommentedSeq, list[object]]:
    if isinstance(places, CommentedMap) and isinstance(content, dict) and set(content) == {"faults"}:
        places, content = places["faults"], content["faults"]
    if not isinstance(places, CommentedSeq) or not isinstance(content, list):
        raise FaultsInvalid([Complaint((str(path),), _SHAPE)])
    return places, content


def _placed(path: Path, listed: CommentedSeq, at: int, complaint: spec.Complaint) -> Complaint:
    """The complaint with the line and column of the nearest thing above it that stands in the file."""
    line, column = listed.lc.item(at)
    around: object = listed[at]
    for step in complaint.path:
        if isinstance(around, CommentedMap) and step in around:
            line, column = around.lc.key(step)
        elif isinstance(around, CommentedSeq) and isinstance(step, int) and step < len(around):
            line, column = around.lc.item(step)
        else:
            break
        around = around[step]
    return Complaint((f"{path}:{line + 1}:{column + 1}",), _named(complaint))


def _named(complaint: Complaint) -> str:
    names = [step for step in complaint.path if isinstance(step, str)]
    return f"{names[-1]}: {complaint.message}" if names else complaint.message
