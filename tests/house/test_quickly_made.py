"""Frozen dataclasses that are made quickly are dataclasses in every other way."""

from __future__ import annotations

import copy
import inspect
import pickle
from dataclasses import FrozenInstanceError, asdict, dataclass, field, replace

import pytest

from hubspot_sla.quickly_made import quickly_made


@dataclass(frozen=True, slots=True)
class Plain:
    """Every kind of field."""

    first: int
    second: str = "two"
    several: list[int] = field(default_factory=list)
    beside: dict[str, int] = field(default_factory=dict, init=False, compare=False)
    always: int = field(default=7, init=False)
    worked_out: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "worked_out", self.first + 1)


@quickly_made
@dataclass(frozen=True, slots=True)
class Quick:
    """The same."""

    first: int
    second: str = "two"
    several: list[int] = field(default_factory=list)
    beside: dict[str, int] = field(default_factory=dict, init=False, compare=False)
    always: int = field(default=7, init=False)
    worked_out: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "worked_out", self.first + 1)


@quickly_made
@dataclass(frozen=True, slots=True)
class Key:
    """Without anything that happens afterwards."""

    name: str
    number: int = 0


@pytest.mark.parametrize(
    ("arguments", "named"), [((1,), {}), ((1, "b"), {}), ((1, "b", [3]), {}), ((), {"first": 1, "several": [2]})]
)
def test_it_has_the_values_of_a_plain_one(arguments: tuple[object, ...], named: dict[str, object]) -> None:
    quick, plain = Quick(*arguments, **named), Plain(*arguments, **named)  # type: ignore[arg-type]
    assert asdict(quick) == asdict(plain)
    assert repr(quick) == repr(plain).replace("Plain", "Quick")
    assert type(quick) is Quick


def test_it_cannot_be_changed() -> None:
    quick = Quick(1)
    with pytest.raises(FrozenInstanceError):
        quick.first = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del quick.first
    with pytest.raises(AttributeError):
        object.__setattr__(quick, "unknown", 1)


def test_two_do_not_share_what_each_should_have_of_its_own() -> None:
    one, other = Quick(1), Quick(1)
    one.several.append(5)
    one.beside["a"] = 1
    assert (other.several, other.beside) == ([], {})


@pytest.mark.parametrize("wrong", [{}, {"first": 1, "third": 2}, {"first": 1, "always": 2}])
def test_what_a_plain_one_refuses_it_refuses(wrong: dict[str, object]) -> None:
    for cls in (Quick, Plain):
        with pytest.raises(TypeError):
            cls(**wrong)  # type: ignore[arg-type]


def test_it_is_equal_hashed_replaced_copied_and_sent_as_a_plain_one() -> None:
    key = Key("a", 1)
    assert key == Key("a", 1) != Key("a")
    assert {key: 1}[Key("a", 1)] == 1
    assert replace(key, number=2) == Key("a", 2)
    assert replace(Quick(1), first=4).worked_out == 5
    for again in (copy.copy(key), copy.deepcopy(key), pickle.loads(pickle.dumps(key))):  # noqa: S301
        assert (again, type(again)) == (key, Key)
        with pytest.raises(FrozenInstanceError):
            again.number = 3
    sent = pickle.loads(pickle.dumps(Quick(1, "b", [2])))  # noqa: S301
    assert asdict(sent) == asdict(Quick(1, "b", [2]))
    assert list(inspect.signature(Quick).parameters) == list(inspect.signature(Plain).parameters)


def test_a_class_that_has_no_slots_of_its_own_is_refused() -> None:
    @dataclass(frozen=True)
    class Loose:
        name: str

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Named:
        name: str

    for cls in (Loose, Named):
        with pytest.raises(TypeError):
            quickly_made(cls)
