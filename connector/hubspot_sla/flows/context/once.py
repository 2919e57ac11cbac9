"""What is the same for every record is worked out once for the mappings that judge them, not once for each record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence


class Keeping(Protocol):
    """A version of the mappings, which never changes, with a place for what was worked out of it."""

    @property
    def kept(self) -> dict[Hashable, Any]: ...


Read = TypeVar("Read", bound=Keeping)
Worked = TypeVar("Worked")


class OnceForVersions(Generic[Read, Worked]):
    """The answers of a function of versions of the mappings. They live as long as the newest of the versions."""

    def __init__(self, work_out: Callable[[Sequence[Read]], Worked]) -> None:
        self._work_out = work_out

    def of(self, versions: Sequence[Read]) -> Worked:
        """The versions are known by what they are, not by what they say: comparing that would take longer."""
        kept = versions[-1].kept
        key = self if len(versions) == 1 else (self, *map(id, versions))  # one version is that which keeps it
        known: tuple[Sequence[Read], Worked] | None = kept.get(key)
        if known is None:
            # With the earlier ones: while they are there, nothing else can have their ids.
            known = kept[key] = (tuple(versions[:-1]), self._work_out(versions))
        return known[1]
