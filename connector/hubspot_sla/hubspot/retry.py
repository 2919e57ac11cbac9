"""The one retry layer. What may be tried again is raised as `Transient`; everything else passes through."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import SystemRandom
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenacity import RetryCallState

    from hubspot_sla.errors import SlaError
    from hubspot_sla.hubspot.response import Response
    from hubspot_sla.hubspot.retry_waits import Schedule


class Transient(Exception):
    """This attempt failed and another may do better. `final` is raised when there is no other."""

    def __init__(self, final: SlaError, wait_s: Schedule, *, attempts: int | None = None) -> None:
        super().__init__(str(final))
        self.final = final
        self.wait_s = wait_s
        self.attempts = attempts


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long in total one request is tried. `jitter` yields numbers from 0 to 1."""

    attempts: int = 6
    total_wait_s: float = 60.0
    jitter: Callable[[], float] = field(default=SystemRandom().random)

    def wait_s(self, state: RetryCallState) -> float:
        """The schedule's wait, up to a quarter longer, so that workers do not come back in step."""
        return _transient(state).wait_s(state.attempt_number) * (1 + self.jitter() / 4)

    def is_over(self, state: RetryCallState) -> bool:
        attempts = min(self.attempts, _transient(state).attempts or self.attempts)
        return state.attempt_number >= attempts or state.idle_for + state.upcoming_sleep > self.total_wait_s


def persist(
    send: Callable[[], Response],
    patience: Patience,
    *,
    sleep: Callable[[float], None],
    before_retry: Callable[[], None],
) -> Response:
    """Call `send` until it answers or patience is over; then raise the last attempt's `final`."""
    from tenacity import Retrying, retry_if_exception_type  # a command that asks nobody need not wait for it

    retrying = Retrying(
        retry=retry_if_exception_type(Transient),
        wait=patience.wait_s,
        stop=patience.is_over,
        sleep=sleep,
        before_sleep=lambda _state: before_retry(),
        retry_error_callback=_give_up,
    )
    return retrying(send)


def _give_up(state: RetryCallState) -> NoReturn:
    transient = _transient(state)
    raise transient.final from transient.__cause__


def _transient(state: RetryCallState) -> Transient:
    failure = state.outcome.exception() if state.outcome else None
    if not isinstance(failure, Transient):
        raise TypeError(f"retried without a reason to: {failure!r}")
    return failure
