"""An earlier version of this project beside the present one: the same interpreter, the same libraries, its own code.

The earlier version is a work tree that git makes for the time of a run. Both are compiled before the first run counts.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parents[1]
TODAY = "871e017"
"""What issue 17 calls today's CPU."""
_SLA = "from hubspot_sla.cli.main import main; main()"


@contextmanager
def earlier(commit: str) -> Iterator[Path]:
    """The code of a commit, in a folder of its own. CalledProcessError: this clone does not have it."""
    with TemporaryDirectory() as folder:
        place = Path(folder) / "tree"
        _git("worktree", "add", "--detach", str(place), commit)
        try:
            yield place
        finally:
            _git("worktree", "remove", "--force", str(place))


def cpu_seconds(tree: Path, arguments: Sequence[str], printed: Path | None = None) -> float:
    """User and system time of one run of `sla` out of `tree`, what it prints kept in `printed`. RuntimeError: it ended
    with anything but 0."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    variables["PYTHONPATH"] = str(tree / "connector")
    with (printed or Path(os.devnull)).open("wb") as stdout:
        process = subprocess.Popen([sys.executable, "-c", _SLA, *arguments], env=variables, stdout=stdout)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"sla ended with {process.returncode} in {tree}")
    return used.ru_utime + used.ru_stime


def pairs_of(earlier_tree: Path, arguments: Sequence[str], rounds: int) -> Iterator[tuple[float, float]]:
    """CPU seconds of the earlier version and of the present one, in turns, so that a busy machine slows both alike."""
    for number in range(rounds):
        trees = [earlier_tree, ROOT]
        seconds = {tree: cpu_seconds(tree, arguments) for tree in (trees if number % 2 else reversed(trees))}
        yield seconds[earlier_tree], seconds[ROOT]


def compared(pairs: Sequence[tuple[float, float]]) -> str:
    """The ratios of all pairs in order, their median, and the ratio of the least figures."""
    ratios = sorted(now / then for then, now in pairs)
    least_then, least_now = min(then for then, _ in pairs), min(now for _, now in pairs)
    listed = " ".join(f"{ratio:.2f}" for ratio in ratios)
    return (
        f"{median(ratios):.2f} of the CPU of {TODAY} (pairs: {listed});"
        f" least {least_now:.2f} s beside {least_then:.2f} s: {least_now / least_then:.2f}"
    )


def _git(*arguments: str) -> None:
    subprocess.run(["git", "-C", ROOT, *arguments], check=True, capture_output=True)  # noqa: S607
