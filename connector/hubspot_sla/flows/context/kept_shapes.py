"""Whether a value out of a file has the shape that it must have: what is read back is believed only then."""

from __future__ import annotations

from typing import TypeAlias

Shape: TypeAlias = "type | tuple[Shape, ...] | list[Shape] | dict[str, Shape] | None"
"""A type; a tuple: any one of them; a list of one: a list of any length; a list of several: one item of each; a group:
these keys, or where its one key is "" any keys. None is None."""


def has_shape(value: object, shape: Shape) -> bool:
    """Numbers are no booleans here."""
    if isinstance(shape, tuple):
        return any(has_shape(value, one) for one in shape)
    if isinstance(shape, list):
        return isinstance(value, list) and _items_have(value, shape)
    if isinstance(shape, dict):
        return isinstance(value, dict) and _keys_have(value, shape)
    return value is None if shape is None else type(value) is shape


def _items_have(values: list[object], shapes: list[Shape]) -> bool:
    of_each = shapes * len(values) if len(shapes) == 1 else shapes
    return len(values) == len(of_each) and all(map(has_shape, values, of_each))


def _keys_have(group: dict[str, object], shapes: dict[str, Shape]) -> bool:
    if shapes.keys() == {""}:
        return all(has_shape(value, shapes[""]) for value in group.values())
    return group.keys() == shapes.keys() and all(has_shape(group[name], shape) for name, shape in shapes.items())
