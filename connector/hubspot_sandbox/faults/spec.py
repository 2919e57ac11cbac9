"""What somebody wrote about a fault, checked: every problem at once, each with the key it is about.

::

    {"fault": "server_error", "status": 502, "body": "html", "route": "batch_*", "probability": 0.1, "seed": 7}
    {"script": ["ok", "reset", {"fault": "rate_limited", "policy": "DAILY"}], "route": "search", "repeat": true}
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from fnmatch import filter as matching
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from hubspot_sandbox.faults.catalogue import FAULTS
from hubspot_sandbox.faults.when import When
from hubspot_sandbox.routes.table import routes

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from hubspot_sandbox.faults.outcome import Outcome

    Path = tuple[str | int, ...]

Model = TypeVar("Model", bound=BaseModel)
OK = "ok"
_SCRIPT = ("script", "repeat")
_SCRIPT_ONLY = "a fault with a script has no keys but repeat and those that say when"


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing wrong, and the keys and places that lead to it."""

    path: Path
    message: str

    def __str__(self) -> str:
        where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path).lstrip(".")
        return f"{where}: {self.message}" if where else self.message


class FaultsInvalid(ValueError):
    """What was written is no fault. `complaints` holds all that is wrong."""

    def __init__(self, complaints: Sequence[Complaint]) -> None:
        super().__init__("\n".join(map(str, complaints)))
        self.complaints = tuple(complaints)


@dataclass(frozen=True, slots=True)
class Spec:
    """A fault as it was meant: one outcome for every strike, or a script of them, None for "nothing goes wrong"."""

    when: When
    script: tuple[Outcome | None, ...]
    scripted: bool
    repeat: bool
    written: Mapping[str, object]

    def outcome(self, strike: int) -> Outcome | None:
        """What the strike of that number (from 0) does."""
        if self.scripted and not self.repeat and strike >= len(self.script):
            return None
        return self.script[strike % len(self.script)]


def spec_of(written: object) -> Spec:
    """The fault somebody wrote. Raises `FaultsInvalid`."""
    wrong: list[Complaint] = []
    if not isinstance(written, dict):
        raise FaultsInvalid([Complaint((), f"a fault is a mapping of keys to values, not {written!r}")])
    written = {str(key): value for key, value in written.items()}
    when = _when({key: value for key, value in written.items() if key in When.model_fields}, wrong)
    rest = {key: value for key, value in written.items() if key not in When.model_fields}
    script = _script(rest, wrong) if "script" in rest else (_outcome(rest, (), wrong),)
    if wrong or when is None:
        raise FaultsInvalid(wrong)
    if when.times is None and any(outcome is not None and outcome.once for outcome in script) and "script" not in rest:
        when = when.model_copy(update={"times": 1})
    return Spec(when, script, "script" in rest, rest.get("repeat") is True, written)


def _when(written: Mapping[str, object], wrong: list[Complaint]) -> When | None:
    when = _read(When, written, (), wrong)
    kinds = {route.kind for route in routes()}
    unknown = [pattern for pattern in (when.route if when else ()) if not matching(kinds, pattern)]
    wrong += [Complaint(("route",), f"there is no route {pattern!r}{_meant(pattern, kinds)}") for pattern in unknown]
    return when


def _script(rest: Mapping[str, object], wrong: list[Complaint]) -> tuple[Outcome | None, ...]:
    wrong += [Complaint((str(key),), _SCRIPT_ONLY) for key in rest if key not in _SCRIPT]
    steps = rest["script"]
    if not isinstance(steps, list) or not steps:
        wrong.append(Complaint(("script",), "a script is a list of faults, with ok where nothing goes wrong"))
        return (None,)
    if not isinstance(rest.get("repeat", False), bool):
        wrong.append(Complaint(("repeat",), "repeat is true or false"))
    return tuple(_step(step, ("script", at), wrong) for at, step in enumerate(steps))


def _step(step: object, path: Path, wrong: list[Complaint]) -> Outcome | None:
    if step == OK:
        return None
    if isinstance(step, str):
        return _outcome({"fault": step}, path, wrong)
    if isinstance(step, dict):
        return _outcome(step, path, wrong)
    wrong.append(Complaint(path, "a step is ok, the name of a fault, or a mapping"))
    return None


def _outcome(written: Mapping[str, object], path: Path, wrong: list[Complaint]) -> Outcome | None:
    name = written.get("fault")
    if name is None:
        wrong.append(Complaint(path, "which fault? One of " + ", ".join(FAULTS)))
        return None
    kind = FAULTS.get(str(name))
    if kind is None:
        wrong.append(Complaint((*path, "fault"), f"there is no fault {name!r}{_meant(str(name), FAULTS)}"))
        return None
    return _read(kind, {key: value for key, value in written.items() if key != "fault"}, path, wrong)


def _read(model: type[Model], written: Mapping[str, object], path: Path, wrong: list[Complaint]) -> Model | None:
    try:
        return model.model_validate(written)
    except ValidationError as error:
        wrong += [
            _complaint(model, path, problem["loc"], problem["type"], problem["msg"]) for problem in error.errors()
        ]
        return None


def _complaint(model: type[BaseModel], path: Path, place: Path, kind: str, message: str) -> Complaint:
    if kind == "extra_forbidden":
        taken = [*model.model_fields, *When.model_fields]
        message = f"there is no such key{_meant(str(place[0]), taken)}; it takes {', '.join(taken)}"
    elif kind == "missing":
        message = "this key is needed"
    return Complaint((*path, *place), message.removeprefix("Value error, "))


def _meant(name: str, names: Collection[str]) -> str:
    close = get_close_matches(name, names, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def within(complaint: Complaint, *path: str | int) -> Complaint:
    """The complaint as seen from further out."""
    return replace(complaint, path=(*path, *complaint.path))
