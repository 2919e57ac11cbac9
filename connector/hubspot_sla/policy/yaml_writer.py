"""Plain values as YAML text, which `yaml_reader` reads as the same values again."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hubspot_sla.policy.yaml_document import Tree

_PLAIN: Final = re.compile(r"(?!\d[\d.]*e\d|0[xob])(?=[^ ]*[a-z%])\w[\w.%/@]*(?:[ -]+\w[\w.%/@]*)*", re.ASCII | re.I)
"""Words, names, addresses and lengths: `4h`, `75%`, `end of next business day`, `Europe/Berlin`. What has no letter in
its first word is quoted, for it may be read as a number or a date by others, and so is what looks like `1e5`."""
_WORDS: Final = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})
"""Plain text that YAML, of one version or another, reads as something else."""
_NOT_PRINTABLE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def scalar(value: str | bool | None) -> str:
    """On one line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if _PLAIN.fullmatch(value) and value.casefold() not in _WORDS:
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return _NOT_PRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def flow(value: Tree) -> str:
    """On one line, groups and lists in braces and brackets."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def entry(content: Mapping[str, Tree], block: str, comments: Mapping[str, str], indent: int) -> Iterator[str]:
    """One group of keys as an entry of a list, its dash at `indent`: a line for each key. The group under the key
    `block` has a line for each of its own, with the comment that `comments` has for it."""
    lead = " " * indent + "- "
    for key, value in content.items():
        if key == block and isinstance(value, dict):
            yield f"{lead}{scalar(key)}:"
            for inner, what in value.items():
                comment = f"  # {comments[inner]}" if inner in comments else ""
                yield f"{' ' * (indent + 4)}{scalar(inner)}: {flow(what)}{comment}"
        else:
            yield f"{lead}{scalar(key)}: {flow(value)}"
        lead = " " * (indent + 2)
