"""What two texts of one file of mappings/ say differently, entry by entry: what no promise shows. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hubspot_sla.policy.mapping_files import (
    CALENDARS,
    CONTRACTS,
    ESCALATIONS,
    POLICIES,
    PORTAL,
    TIERS,
    WAIVERS,
    spelling_in,
)
from hubspot_sla.policy.yaml_reader import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hubspot_sla.policy.yaml_document import Tree

_FILES: Final = (TIERS, ESCALATIONS, PORTAL, POLICIES, CALENDARS, WAIVERS, CONTRACTS)
_DEEP: Final = 3
"""Keys that lead to an entry, at most."""
_LONG: Final = 160
NOTHING: Final = "–"
Keys = tuple[str, ...]


class Entry(NamedTuple):
    """One entry of a file, as both sides have it; NOTHING where it is not there."""

    file: str
    keys: Keys
    before: str
    after: str


def entries_that_differ(
    old: Mapping[str, str], new: Mapping[str, str], is_told: Callable[[str, Keys], bool]
) -> Iterator[Entry]:
    """In the order of the new files; `is_told` says of which entries of a file something else speaks."""
    for file in _FILES:
        before, after = (_entries(texts.get(spelling_in(texts, file), "")) for texts in (old, new))
        for place in dict.fromkeys((*after, *before)):
            one, other = before.get(place, NOTHING), after.get(place, NOTHING)
            if one != other and not is_told(file, place[0]):
                yield Entry(file, place[0], *_short(one, other))


def _entries(text: str) -> dict[tuple[Keys, str], str]:
    """What is said at the keys. Entries of a list that have no name are told apart by what they say."""
    document, _ = read("", text)
    return dict(_inside((), dict(document.content))) if document else {}


def _inside(keys: Keys, tree: Tree) -> Iterator[tuple[tuple[Keys, str], str]]:
    if isinstance(tree, dict) and len(keys) < _DEEP:
        for key, value in tree.items():
            yield from _inside((*keys, key), value)
    elif isinstance(tree, list) and any(isinstance(one, dict) for one in tree):
        for one in tree:
            name = one.get("id") if isinstance(one, dict) else None
            if isinstance(name, str):
                yield from _inside((*keys, name), one)
            else:
                yield (keys, _written(one)), _written(one)
    elif tree is not None:
        yield (keys, ""), _written(tree)


def _written(tree: Tree) -> str:
    """As YAML on one line."""
    if isinstance(tree, dict):
        return f"{{{', '.join(f'{key}: {_written(value)}' for key, value in tree.items())}}}"
    if isinstance(tree, list):
        return f"[{', '.join(map(_written, tree))}]"
    if isinstance(tree, bool):
        return "true" if tree else "false"
    return "" if tree is None else tree


def _short(*texts: str) -> Iterator[str]:
    """From a little before the first difference on, where they are long."""
    if max(map(len, texts)) <= _LONG:
        yield from texts
        return
    same = next((place for place, both in enumerate(zip(*texts, strict=False)) if both[0] != both[1]), 0)
    first = max(same - _LONG // 4, 0)
    for text in texts:
        cut = text[first : first + _LONG]
        yield text if text == NOTHING else f"{'…' * bool(first)}{cut}{'…' * (first + _LONG < len(text))}"
