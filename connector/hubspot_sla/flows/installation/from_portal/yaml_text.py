"""Pieces of YAML as people write it: values that mean what they say, and comments that fit the line."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from hubspot_sla.plain_text import escaped
from hubspot_sla.policy.yaml_writer import scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WIDTH = 120


def flow_list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(scalar, texts))}]"


def one_or_list(texts: Iterable[str]) -> str:
    values = list(texts)
    return scalar(values[0]) if len(values) == 1 else flow_list(values)


def flow_map(values: Mapping[str, str]) -> str:
    """Keys are texts, values YAML."""
    return f"{{{', '.join(f'{scalar(key)}: {value}' for key, value in values.items())}}}"


def comment(text: str, indent: int = 0, hanging: str = "") -> list[str]:
    """Lines of a comment. What others have written is made harmless: it can begin no line of its own."""
    margin = " " * indent + "# "
    lines = textwrap.wrap(
        escaped(text), WIDTH, initial_indent=margin, subsequent_indent=margin + hanging, break_on_hyphens=False
    )
    return lines or [margin.rstrip()]


def beside(line: str, remark: str, column: int = 44) -> list[str]:
    """A line with a remark behind it, or above it where both do not fit."""
    remark = escaped(remark)
    if len(line) < column and column + len(remark) + 2 <= WIDTH:
        return [f"{line:<{column}}# {remark}"]
    if len(line) + len(remark) + 4 <= WIDTH:
        return [f"{line}  # {remark}"]
    return [*comment(remark, len(line) - len(line.lstrip())), line]


def duration(minutes: int) -> str:
    """`45m`, `8h`, `7h30m`."""
    hours, rest = divmod(minutes, 60)
    return f"{f'{hours}h' if hours else ''}{f'{rest}m' if rest else ''}"


def slug(text: str) -> str:
    """Lower-case words with dashes; "" where nothing of it can be written so."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
