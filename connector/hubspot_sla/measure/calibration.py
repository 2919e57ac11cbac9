"""How good chances were, once it is known what came: the Brier score, and whether it came as often as was said."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

BINS: Final = 10
_TAIL: Final = 0.025


class Prediction(NamedTuple):
    """That a promise would be late: the `chance` by the forecast, the `naive` one, and what came."""

    chance: float
    naive: float
    is_late: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions of like chances, from `low` to `high`, on average `mean`. Of `number` so many were `late`; with
    these chances it is from `least` to `most` of them in 95 of 100 cases."""

    low: float
    high: float
    mean: float
    number: int
    late: int
    least: int
    most: int

    @property
    def is_inside(self) -> bool:
        return self.least <= self.late <= self.most

    @property
    def rate(self) -> float:
        return self.late / self.number


def brier(predictions: Iterable[Prediction], of: Callable[[Prediction], float]) -> float | None:
    """The mean of (chance - what came)^2, what came being 1 for late and 0 for met; the lower the better. None of
    none."""
    squares = [(of(one) - one.is_late) ** 2 for one in predictions]
    return sum(squares) / len(squares) if squares else None


def reliability(predictions: Sequence[Prediction], bins: int = BINS) -> list[Bin]:
    """The predictions by their chances, in so many bins of equal numbers, to within one. ValueError: fewer predictions
    than bins."""
    number = len(predictions)
    if number < bins:
        raise ValueError(f"{number} predictions are too few for {bins} bins")
    ordered = sorted(predictions, key=lambda one: one.chance)  # what came must not decide between equal chances
    return [_bin(ordered[place * number // bins : (place + 1) * number // bins]) for place in range(bins)]


def _bin(ordered: Sequence[Prediction]) -> Bin:
    chances = [one.chance for one in ordered]
    mean = sum(chances) / len(chances)
    least, most = binomial_interval(len(ordered), mean)
    return Bin(chances[0], chances[-1], mean, len(ordered), sum(one.is_late for one in ordered), least, most)


def binomial_interval(number: int, chance: float) -> tuple[int, int]:
    """How many of `number` it is that come with this chance: the least of which up to so many are 2.5 % or more, and
    the least of which up to so many are 97.5 % or more."""
    if chance <= 0 or chance >= 1:
        certain = number if chance >= 1 else 0
        return certain, certain
    sums = list(accumulate(_weights(number, chance)))
    least = next(place for place, weight in enumerate(sums) if weight >= _TAIL * sums[-1])
    most = next(place for place, weight in enumerate(sums) if weight >= (1 - _TAIL) * sums[-1])
    return least, most


def _weights(number: int, chance: float) -> list[float]:
    """How likely each number from 0 to `number` is, beside the likeliest: from there outwards none overflows, and what
    vanishes is too unlikely to matter."""
    odds = chance / (1 - chance)
    mode = min(int((number + 1) * chance), number)
    up, down = [1.0], [1.0]
    for place in range(mode, number):
        up.append(up[-1] * odds * (number - place) / (place + 1))
    for place in range(mode, 0, -1):
        down.append(down[-1] * place / (odds * (number - place + 1)))
    return [*reversed(down[1:]), *up]
