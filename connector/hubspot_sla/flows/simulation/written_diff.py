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
        before, after = (_content(texts.get(spelling_in(texts, file), "")) for texts in (old, new))
        for keys, *texts_of_both in _different((), before, after):
            if not is_told(file, keys):
                yield Entry(file, keys, *_short(*texts_of_both))


def _content(text: str) -> Tree:
    document, _ = read("", text)
    return dict(document.content) if document else {}


def _different(keys: Keys, one: Tree, other: Tree) -> Iterator[tuple[Keys, str, str]]:
    """The keys of what differs, and what both say there. Of lists entry by entry, where these are more than values."""
    if one == other:
        return
    if isinstance(one, dict) and isinstance(other, dict) and len(keys) < _DEEP:
        for key in dict.fromkeys((*other, *one)):
            yield from _different((*keys, key), one.get(key), other.get(key))
    elif _has_entries(one) or _has_entries(other):
        before, after = _named(one), _named(other)
        in_order, reordered = [name for name in before if name in after], [name for name in after if name in before]
        if in_order != reordered:
            yield keys, ", ".join(in_order), ", ".join(reordered)
        for name in dict.fromkeys((*after, *before)):
            whose = (*keys, name) if name in before and name in after else keys
            yield from _different(whose, before.get(name), after.get(name))
    else:
        yield keys, _written(one) or NOTHING, _written(other) or NOTHING


def _has_entries(tree: Tree) -> bool:
    return isinstance(tree, list) and any(isinstance(entry, dict) for entry in tree)


def _named(tree: Tree) -> dict[str, Tree]:
    """The entries of a list by their ids, with their versions; those without by what they say. Of equal names each has
    a number."""
    found: dict[str, Tree] = {}
    for entry in tree if isinstance(tree, list) else [] if tree is None else [tree]:
        name = _written(entry)
        if isinstance(entry, dict) and isinstance(entry.get("id"), str):
            name = " ".join(_written(entry.get(key)) for key in ("id", "version") if entry.get(key) is not None)
        number = sum(known == name or known.startswith(f"{name} #") for known in found)
        found[f"{name} #{number + 1}" if number else name] = entry
    return found


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
    same = next(
        (place for place, both in enumerate(zip(*texts, strict=False)) if both[0] != both[1]), min(map(len, texts))
    )
    first = max(same - _LONG // 4, 0)
    for text in texts:
        cut = text[first : first + _LONG]
        yield text if text == NOTHING else f"{'…' * bool(first)}{cut}{'…' * (first + _LONG < len(text))}"
