"""Draws architecture.svg from the imports of the code: `make picture`. A test fails when the picture is out of date.

Boxes stand in the order of LAYERS; an arrow means "imports". Arrows that follow from others are left out. An arrow that
does not point down is drawn dashed and red, so that a mistake shows.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path

import grimp

PACKAGE = "hubspot_sla"
TARGET = Path(__file__).with_name("architecture.svg")
LAYERS = (
    ("cli", "jobs"),
    ("flows",),
    ("hubspot", "feeds", "policy", "ledger", "channels", "render", "ops"),
    ("plan", "measure", "contract"),
    ("clock",),
)
"""From top to bottom. A room that does not exist yet is left out."""
SIDEWAYS = {("contract", "measure")}
"""Arrows within a layer that are meant: attainment and periods are defined once."""
LAYER = {room: row for row, rooms in enumerate(LAYERS) for room in rooms}
SAYS = {
    "cli": ("the commands", "of the terminal"),
    "jobs": ("what the files", "in jobs/ import"),
    "flows": ("gather, decide, apply", ""),
    "hubspot": ("the only room that", "knows HubSpot's API"),
    "feeds": ("what is read", "from elsewhere"),
    "policy": ("mappings/*.yaml", "compiled"),
    "ledger": ("one SQLite file:", "facts, outbox, audit"),
    "channels": ("Slack, Teams,", "webhook, e-mail"),
    "render": ("how figures", "are shown"),
    "ops": ("logs, metrics,", "health"),
    "plan": ("verdicts → actions", "pure"),
    "measure": ("outcomes → figures", "pure"),
    "contract": ("figures → credits", "pure"),
    "clock": ("facts + promises + now → verdicts", "pure"),
}
"""Two lines for each room."""
WIDTH, ROW, HEIGHT, GAP = 1000, 130, 74, 14
STYLE = """
  svg { color: #1f2328; }
  .box { fill: #f6f8fa; stroke: #57606a; }
  .inner { fill: #ffffff; stroke: #8c959f; }
  text { fill: #1f2328; font: 13px system-ui, sans-serif; text-anchor: middle; }
  .name { font-weight: 600; font-size: 15px; }
  .line { stroke: #57606a; fill: none; }
  .head { fill: #57606a; }
  .wrong { stroke: #cf222e; stroke-dasharray: 5 4; }
  @media (prefers-color-scheme: dark) {
    svg { color: #e6edf3; }
    .box { fill: #161b22; stroke: #8b949e; }
    .inner { fill: #0d1117; stroke: #6e7681; }
    text { fill: #e6edf3; }
    .line { stroke: #8b949e; }
    .head { fill: #8b949e; }
    .wrong { stroke: #ff7b72; }
  }
"""


@dataclass(frozen=True, slots=True)
class Box:
    """`x` and `y` are its upper left corner."""

    x: float
    y: float
    width: float

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


def arrows(graph: grimp.ImportGraph, parent: str) -> dict[str, set[str]]:
    """Which children of `parent` import which other children of it."""
    children = {child.rsplit(".", 1)[1]: child for child in graph.find_children(parent)}
    modules = {name: {child, *graph.find_descendants(child)} for name, child in children.items()}
    owner = {module: name for name, owned in modules.items() for module in owned}
    imported = {
        name: {owner.get(target, "") for module in owned for target in graph.find_modules_directly_imported_by(module)}
        for name, owned in modules.items()
    }
    return {name: targets - {name, ""} for name, targets in imported.items()}


def reduced(edges: dict[str, set[str]]) -> list[tuple[str, str]]:
    """Without every arrow that a longer way down says already. What does not point down stays."""
    down = {start: {end for end in ends if LAYER[end] > LAYER[start]} for start, ends in edges.items()}
    needed = {
        (start, end)
        for start, ends in down.items()
        for end in ends
        if not any(end in reachable(other, down) for other in ends - {end})
    }
    return sorted(needed | {(start, end) for start, ends in edges.items() for end in ends - down[start]})


def reachable(start: str, edges: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        new = edges.get(waiting.pop(), set()) - seen
        seen |= new
        waiting.extend(new)
    return seen


def highest_first(edges: dict[str, set[str]]) -> list[str]:
    """Sorted so that each name stands before those it imports."""
    return sorted(edges, key=lambda name: (-len(reachable(name, edges)), name))


def layout(rooms: set[str]) -> dict[str, Box]:
    boxes = {}
    for row, names in enumerate(LAYERS):
        present = [name for name in names if name in rooms]
        width = min((WIDTH - GAP) / max(len(present), 1) - GAP, 260 if len(names) > 1 else WIDTH)
        left = (WIDTH - len(present) * (width + GAP) + GAP) / 2
        for column, name in enumerate(present):
            boxes[name] = Box(left + column * (width + GAP), 20 + row * ROW, width)
    return boxes


def label(name: str) -> str:
    return "jobs.py" if name == "jobs" else f"{name}/"


def drawn_box(name: str, box: Box, inner: list[str]) -> list[str]:
    first, second = SAYS[name]
    lines = [
        f'<rect class="box" x="{box.x:.0f}" y="{box.y:.0f}" width="{box.width:.0f}" height="{HEIGHT}" rx="8"/>',
        f'<text class="name" x="{box.middle:.0f}" y="{box.y + 22:.0f}">{label(name)}</text>',
        f'<text x="{box.middle:.0f}" y="{box.y + 42:.0f}">{escape(first)}</text>',
        f'<text x="{box.middle:.0f}" y="{box.y + 59:.0f}">{escape(second)}</text>',
    ]
    return lines if not inner else [*lines[:1], *drawn_inner(name, box, inner)]


def drawn_inner(name: str, box: Box, inner: list[str]) -> list[str]:
    """The rooms within a room, from left to right, each importing only those to its right."""
    width = (box.width - GAP) / len(inner) - GAP
    lines = [f'<text class="name" x="{box.middle:.0f}" y="{box.y + 22:.0f}">{name}/: {escape(SAYS[name][0])}</text>']
    for column, child in enumerate(inner):
        x = box.x + GAP + column * (width + GAP)
        lines.append(f'<rect class="inner" x="{x:.0f}" y="{box.y + 34:.0f}" width="{width:.0f}" height="28" rx="5"/>')
        lines.append(f'<text x="{x + width / 2:.0f}" y="{box.y + 53:.0f}">{child}</text>')
    return lines


def drawn_arrow(start: Box, end: Box, *, allowed: bool = False) -> str:
    down = end.y > start.y
    y1, y2 = (start.y + HEIGHT, end.y - 7) if down else (start.y + HEIGHT / 2, end.y + HEIGHT / 2)
    x1 = min(max(end.middle, start.x + GAP), start.x + start.width - GAP) if start.width > 300 else start.middle
    x2 = min(max(x1, end.x + GAP), end.x + end.width - GAP) if end.width > 300 else end.middle
    kind = "line" if down or allowed else "line wrong"
    return f'<path class="{kind}" d="M{x1:.0f} {y1:.0f} L{x2:.0f} {y2:.0f}" marker-end="url(#head)"/>'


def picture() -> str:
    graph = grimp.build_graph(PACKAGE, cache_dir=None)
    everything = arrows(graph, PACKAGE)
    rooms = {room for layer in LAYERS for room in layer if room in everything}
    edges = {room: everything[room] & rooms for room in rooms}
    boxes = layout(rooms)
    inner = highest_first(arrows(graph, f"{PACKAGE}.flows"))
    body = [drawn_arrow(boxes[start], boxes[end], allowed=(start, end) in SIDEWAYS) for start, end in reduced(edges)]
    for name, box in boxes.items():
        body += drawn_box(name, box, inner if name == "flows" else [])
    return svg(body)


def svg(body: list[str]) -> str:
    height = len(LAYERS) * ROW - ROW + HEIGHT + 40
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            "<title>The rooms of hubspot_sla and which imports which</title>",
            f"<style>{STYLE}</style>",
            '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8"'
            ' orient="auto"><path class="head" d="M0 0 L8 4 L0 8 z"/></marker></defs>',
            *body,
            "</svg>",
            "",
        ]
    )


if __name__ == "__main__":
    TARGET.write_text(picture(), encoding="utf-8")
    sys.stdout.write(f"{TARGET.name} is drawn\n")
