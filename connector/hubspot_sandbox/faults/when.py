"""When a fault strikes: on which requests, and on which of those."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from hubspot_sandbox.instants import to_instant

if TYPE_CHECKING:
    from random import Random


def _listed(value: object) -> object:
    return value if isinstance(value, (list, tuple)) else (value,)


Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Counts = Annotated[tuple[Annotated[int, Field(ge=1)], ...], BeforeValidator(_listed)]


class When(BaseModel):
    """All that is said must hold. A request is counted when `route`, `method`, `path`, `since` and `until` fit it.

    Of those counted, `nth`, `every`, `after` and `probability` choose; `times` ends it. Counts begin at 1.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    route: Texts = ("*",)
    """Kinds of route (`search`, `batch_update`), or patterns of them (`batch_*`)."""
    method: str | None = None
    path: str | None = None
    """A pattern of the path, without the query: `*/2026-09/tickets*`."""
    probability: float | None = Field(default=None, ge=0, le=1)
    seed: int = 0
    """The same seed strikes the same calls."""
    nth: Counts | None = None
    every: int | None = Field(default=None, ge=1)
    after: int = Field(default=0, ge=0)
    times: int | None = Field(default=None, ge=1)
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    """By the portal's clock; `until` is not included."""

    @field_validator("method")
    @classmethod
    def _upper(cls, value: str | None) -> str | None:
        return value.upper() if value else None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.since and self.until and self.since >= self.until:
            raise ValueError("since must be earlier than until")
        return self

    def fits(self, kind: str, method: str, path: str, now_ms: int) -> bool:
        """Whether the request is one of those meant."""
        return (
            any(fnmatchcase(kind, pattern) for pattern in self.route)
            and self.method in (None, method)
            and (self.path is None or fnmatchcase(path, self.path))
            and self._in_time(now_ms)
        )

    def chooses(self, count: int, strikes: int, random: Random) -> bool:
        """Whether it strikes the `count`th request that fits, after so many strikes."""
        lucky = self.probability is None or random.random() < self.probability  # drawn always: a seed is a sequence
        return (
            lucky
            and count > self.after
            and (self.nth is None or count in self.nth)
            and (self.every is None or count % self.every == 0)
            and (self.times is None or strikes < self.times)
        )

    def _in_time(self, now_ms: int) -> bool:
        now = to_instant(now_ms)
        return (self.since is None or now >= self.since) and (self.until is None or now < self.until)
