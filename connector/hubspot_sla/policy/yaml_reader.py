"""YAML text into plain values that remember where they stood.

Scalars stay the text an admin wrote: `4` as a stage id, `09:00` as a time and `2026-12-24` as a date reach
the models untouched, whatever YAML would make of them. Only `true`, `false` and an empty value mean more
than text. An alias is what its anchor stands before, and `<<` takes over the keys of another group; tags are refused.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from hubspot_sla.errors import Problem
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.yaml_document import Document, Path, Place, Tree, described
from hubspot_sla.policy.yaml_syntax import syntax_problem

if TYPE_CHECKING:
    from collections.abc import Sequence

_PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq", "merge", "value")
)


_DEEPEST = 100
_MOST_REPEATED = 20_000
"""How many values may be read a second time, because an alias names them: more than any mappings need, and so few that
a file cannot fill the memory with them."""
_MERGE_TAG = "tag:yaml.org,2002:merge"
_TOO_DEEP = "the file is nested too deeply to be a mapping"
_VERSION = re.compile(r"^%YAML[ \t]+(\S+)", re.MULTILINE)
_BRACKET = re.compile(r"(?<![^\s])#[^\n]*|[\[\]{}]")
"""Brackets, and comments, whose brackets do not count."""
_LINE = re.compile(r"line: (\d+)")
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


def read(file: str, text: str) -> tuple[Document | None, list[Problem]]:
    """The document of `text`, and all that is wrong with it as YAML. None when it cannot be read on.

    The document is shared by everybody who asks for the same text: nobody may change what it holds.
    """
    document, problems = _parsed(file, text)
    return document, list(problems)


@lru_cache(maxsize=64)  # parsing is most of what a load costs, and a command loads the version in force more than once
def _parsed(file: str, text: str) -> tuple[Document | None, Sequence[Problem]]:
    if (problem := _out_of_bounds(file, text)) is not None:
        return None, [problem]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReusedAnchorWarning)  # the anchor that stands nearer counts, as YAML has it
            node = YAML(typ="rt", pure=True).compose(text)
    except MarkedYAMLError as error:
        return None, [syntax_problem(file, text, error)]
    except YAMLError as error:
        return None, [_character_problem(file, text, error)]
    except RecursionError:
        return None, [Problem(file, 0, 0, _TOO_DEEP, code=Code.TOO_DEEP)]
    except Exception as error:  # noqa: BLE001 - the parser raises errors of any kind for what it has not implemented
        return None, [_unsupported(file, error)]
    if node is None:
        return None, [
            Problem(file, 0, 0, "the file is empty", "`sla init` writes a working example", code=Code.FILE_EMPTY)
        ]
    try:
        return _document(file, node)
    except RecursionError:  # aliases of aliases
        return None, [Problem(file, 0, 0, _TOO_DEEP, code=Code.TOO_DEEP)]


def _out_of_bounds(file: str, text: str) -> Problem | None:
    """What the parser would not survive: a version it does not know, and brackets that it takes minutes for."""
    version = _VERSION.search(text)
    if version is not None and version[1] not in ("1.1", "1.2"):
        message = f"YAML {version[1]} cannot be read, only 1.1 and 1.2"
        return Problem(
            file,
            text.count("\n", 0, version.start()) + 1,
            1,
            message,
            "leave the %YAML line out",
            code=Code.YAML_VERSION,
        )
    depth = 0
    for bracket in _BRACKET.finditer(text):
        depth = depth + 1 if bracket[0] in "[{" else max(0, depth - 1) if bracket[0] in "]}" else depth
        if depth > _DEEPEST:
            before = text[: bracket.start()]
            return Problem(
                file, before.count("\n") + 1, bracket.start() - before.rfind("\n"), _TOO_DEEP, code=Code.TOO_DEEP
            )
    return None


def _unsupported(file: str, error: Exception) -> Problem:
    line = _LINE.search(str(error))
    message = "the YAML parser cannot read this"
    remedy = "write it more simply, and comments on lines of their own"
    # The parser counts lines from 0.
    return Problem(file, int(line[1]) + 1 if line else 0, 1 if line else 0, message, remedy, code=Code.UNREADABLE_YAML)


def _document(file: str, node: Node) -> tuple[Document | None, list[Problem]]:
    reader = _Reader(file)
    content = reader.tree(node, ())
    if isinstance(content, dict):
        return Document(file, content, reader.values, reader.keys), reader.problems
    if not reader.problems:
        reader.refuse(
            node, f"the file must hold keys and values, not {described(content)}", code=Code.NOT_KEYS_AND_VALUES
        )
    return None, reader.problems


class _Reader:
    """Turns nodes into values, noting places and problems on the way.

    What an alias stands for is read again at each place that names it, and keeps the place where it was written.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.values: dict[Path, Place] = {}
        self.keys: dict[Path, Place] = {}
        self.problems: list[Problem] = []
        self.read_before: set[int] = set()
        self.being_read: set[int] = set()
        self.repeated = 0

    def tree(self, node: Node, path: Path) -> Tree:
        if self._is_refused(node):
            return None
        self.values[path] = _place(node)
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        self.being_read.add(id(node))
        content: Tree = (
            self._mapping(node, path)
            if isinstance(node, MappingNode)
            else [self.tree(item, (*path, number)) for number, item in enumerate(node.value)]
        )
        self.being_read.discard(id(node))
        return content

    def _scalar(self, node: ScalarNode) -> Tree:
        if _HALF_CHARACTER.search(str(node.value)):
            remedy = "write the whole character, or its escape with \\U"
            self.refuse(node, "this holds half a character", remedy, code=Code.FORBIDDEN_CHARACTER)
            return None
        return _scalar(node)

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Tree]:
        content: dict[str, Tree] = {}
        merges: list[Node] = []
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE_TAG:
                merges.append(value_node)
                continue
            key = self._key(key_node)
            if key is None:
                continue
            if key in content:
                first = self.keys[*path, key].line
                message = f"{key!r} is said twice; the first is on line {first}"
                begins_entry = path and isinstance(path[-1], int) and key == next(iter(content))
                remedy = (
                    f"keep one of the two, or begin another entry: - {key}:" if begins_entry else "keep one of the two"
                )
                self.refuse(key_node, message, remedy, code=Code.SAID_TWICE)
                continue
            self.keys[*path, key] = _place(key_node)
            content[key] = self.tree(value_node, (*path, key))
            if _is_empty(value_node) and _place(value_node).line != _place(key_node).line:
                self.values[*path, key] = _place(key_node)
        return self._merged(merges, content, path)

    def _merged(self, merges: Sequence[Node], own: dict[str, Tree], path: Path) -> dict[str, Tree]:
        """What `<<` takes over from other groups of keys; what a group says itself wins, then what is named first."""
        taken: dict[str, Tree] = {}
        for node in merges:
            for group in node.value if isinstance(node, SequenceNode) else [node]:
                if not isinstance(group, MappingNode):
                    remedy = "write <<: *NAME, where &NAME stands before a group of keys"
                    self.refuse(group, "only groups of keys can be merged", remedy, code=Code.MERGE)
                elif not self._is_refused(group):
                    self._take(group, taken, own, path)
        return taken | own

    def _take(self, group: MappingNode, taken: dict[str, Tree], own: dict[str, Tree], path: Path) -> None:
        inner = _Reader(self.file)
        inner.read_before, inner.being_read, inner.repeated = (
            self.read_before,
            self.being_read | {id(group)},
            self.repeated,
        )
        content = inner._mapping(group, path)
        self.repeated = inner.repeated
        self.problems.extend(inner.problems)
        fresh = content.keys() - own.keys() - taken.keys()
        depth = len(path)
        for places, inner_places in ((self.values, inner.values), (self.keys, inner.keys)):
            places.update(
                {at: place for at, place in inner_places.items() if at[depth : depth + 1] and at[depth] in fresh}
            )
        taken.update({key: value for key, value in content.items() if key in fresh})

    def _key(self, node: Node) -> str | None:
        if self._is_refused(node):
            return None
        if not isinstance(node, ScalarNode):
            self.refuse(node, "a key must be text", "put it in quotes", code=Code.KEY_NOT_TEXT)
            return None
        return str(node.value)

    def _is_refused(self, node: Node) -> bool:
        if node.tag not in _PLAIN_TAGS:
            message = f"the tag {node.tag} is not supported"
            self.refuse(node, message, "put text that begins with ! in quotes", code=Code.TAG)
            return True
        if id(node) in self.being_read:
            self.refuse(node, "this value contains itself", "write it out where it ends", code=Code.TOO_MANY_ALIASES)
            return True
        self.repeated += id(node) in self.read_before
        self.read_before.add(id(node))
        if self.repeated <= _MOST_REPEATED:
            return False
        if self.repeated == _MOST_REPEATED + 1:
            message = f"the aliases of this file stand for more than {_MOST_REPEATED} values"
            self.refuse(node, message, "write fewer of them", code=Code.TOO_MANY_ALIASES)
        return True

    def refuse(self, node: Node, message: str, remedy: str = "", *, code: Code) -> None:
        place = _place(node)
        self.problems.append(Problem(self.file, place.line, place.column, message, remedy, code))


def _scalar(node: Node) -> Tree:
    if node.tag == "tag:yaml.org,2002:null":
        return None
    if node.tag == "tag:yaml.org,2002:bool":
        return str(node.value).lower() == "true"
    return str(node.value)


def _is_empty(node: Node) -> bool:
    """Whether nothing is written there. The parser places it where it found the next thing, maybe lines below."""
    return bool(node.start_mark.index == node.end_mark.index)


def _place(node: Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


def _character_problem(file: str, text: str, error: YAMLError) -> Problem:
    """ruamel names a character that YAML does not allow by its position in the text only."""
    position = getattr(error, "position", 0)
    before = text[:position]
    line, column = before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1
    message = f"the character {text[position : position + 1]!r} is not allowed in YAML; is this a text file?"
    return Problem(file, line, column, message, code=Code.FORBIDDEN_CHARACTER)
