"""Frozen dataclasses that are made in a third of the time.

The `__init__` of a frozen dataclass sets each field by `object.__setattr__`: 80 nanoseconds a field (Python 3.11), and
judging one record makes some two hundred of them. Here a bare twin of the class, which has the same slots and nothing
that forbids to set them, is filled and then becomes one of the class, for good. Then it is as frozen as any.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, TypeVar

Made = TypeVar("Made")


def quickly_made(cls: type[Made]) -> type[Made]:
    """Above `@dataclass(frozen=True, slots=True)`, of a class that others do not inherit from. TypeError: it has fields
    that are no slots of its own, or must be named."""
    names = [field.name for field in fields(cls)]  # type: ignore[arg-type]  # it is a dataclass
    if list(vars(cls).get("__slots__", ())) != names:
        raise TypeError(f"{cls.__name__} is no dataclass with slots of its own")
    known: dict[str, Any] = {
        "bare": type(f"Bare{cls.__name__}", (), {"__slots__": tuple(names)}),
        "new": object.__new__,
        "MISSING": MISSING,
    }
    exec(_source(cls, known), known)  # noqa: S102 - the names of fields, as dataclasses itself does it
    cls.__new__ = known["__new__"]  # type: ignore[method-assign]
    cls.__reduce__ = _reduced  # type: ignore[assignment,method-assign]
    del cls.__init__
    return cls


def _source(cls: type, known: dict[str, Any]) -> str:
    """A `__new__` that takes what `__init__` took. What it needs is entered into `known`."""
    parameters, body = [], []
    for field in fields(cls):
        if field.kw_only:
            raise TypeError(f"{cls.__name__}.{field.name} must be named")
        name, value = field.name, field.name
        if field.default is not MISSING:
            known[f"default_{name}"] = field.default
            parameters.append(f"{name}=default_{name}")
            value = name if field.init else f"default_{name}"
        elif field.default_factory is not MISSING:
            known[f"make_{name}"] = field.default_factory
            parameters.append(f"{name}=MISSING")
            value = f"make_{name}() if {name} is MISSING else {name}" if field.init else f"make_{name}()"
        else:
            parameters.append(name)
        if not field.init:
            parameters.pop()
        if field.init or value != name:
            body.append(f"self.{name} = {value}")
    after = ["self.__post_init__()"] if hasattr(cls, "__post_init__") else []
    lines = ["self = new(bare)", *body, "self.__class__ = cls", *after, "return self"]
    return f"def __new__({', '.join(('cls', *parameters))}):\n" + "".join(f"    {line}\n" for line in lines)


def _reduced(made: Any) -> tuple[object, ...]:
    """For copies and other processes."""
    return _unset, (type(made),), made.__getstate__()


def _unset(cls: type[Made]) -> Made:
    return object.__new__(cls)
