"""How much of each room the suite reaches, line and branch; ends with 1 where a room falls below its goal.

`make coverage` calls it when the suite has ended. What cannot be reached carries `# pragma: no cover - the reason`.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from coverage import Coverage

ROOT = Path(__file__).parents[1]
GOALS = {"clock": 100.0, "policy": 95.0, "plan": 95.0, "ledger": 95.0, "hubspot": 95.0}
"""In percent. The other rooms are shown only."""


def room_of(path: Path) -> str:
    """The room of a file, or the file itself where it lies beside the rooms."""
    package, room = path.parts[0], path.parts[1]
    return package if package != "hubspot_sla" else room.removesuffix(".py")


def rooms() -> dict[str, list[str]]:
    connector = ROOT / "connector"
    found: dict[str, list[str]] = {}
    for path in sorted(connector.rglob("*.py")):
        found.setdefault(room_of(path.relative_to(connector)), []).append(str(path))
    return found


def main() -> int:
    measured = Coverage()
    measured.load()
    below = []
    for room, files in rooms().items():
        report = io.StringIO()
        goal = GOALS.get(room)
        reached = measured.report(include=files, file=report, show_missing=True, skip_covered=True)
        sys.stdout.write(f"{room:16} {reached:6.2f} %{f'   goal {goal:g} %' if goal else ''}\n")
        if goal and reached < goal:
            below.append(room)
            sys.stdout.write(report.getvalue())
    if below:
        sys.stdout.write(f"below their goal: {', '.join(below)}\n")
    return bool(below)


if __name__ == "__main__":
    sys.exit(main())
