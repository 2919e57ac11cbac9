"""The page in a real browser: no violation of what axe checks, light and dark, and nothing wider than the window.

Needs chromium, npm and its registry, so `make packaging` runs it.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from hubspot_sla.flows.reporting.report import Asked, report
from hubspot_sla.render.report.page import page
from reporting.ledgers import in_mind
from reporting.test_figures import OBJECTIVES, OCTOBER

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.packaging
AXE = "axe-core@4.14.1"
SCHEMES = {"light": 1, "dark": 0}
FOUND = re.compile(r'<pre id="found">(.*?)</pre>', re.DOTALL)
CHECK = """
axe.run().then((found) => {
  const shown = document.createElement("pre");
  shown.id = "found";
  shown.textContent = JSON.stringify({
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    violations: found.violations.map((one) => [one.id, one.nodes.map((node) => node.html)]),
  });
  document.documentElement.append(shown);
});
"""


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("axe")
    if shutil.which("npm") is None or shutil.which("chromium") is None:
        pytest.skip("npm and chromium are not installed")
    got = subprocess.run(["npm", "pack", AXE], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    if got.returncode:
        pytest.skip(f"the npm registry did not answer: {got.stderr.strip().splitlines()[-1:]}")
    with tarfile.open(next(folder.glob("*.tgz"))) as packed:
        script = packed.extractfile("package/axe.min.js")
        assert script is not None
        return script.read().decode().replace("</script", r"<\/script")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_no_violation(axe: str, scheme: str, tmp_path: Path) -> None:
    text = page(report(in_mind(tmp_path, OCTOBER, objectives=OBJECTIVES), Asked(period="2026-10", by="tier"))).decode()
    shown = tmp_path / "page.html"
    shown.write_text(text.replace("</body>", f"<script>{axe}</script><script>{CHECK}</script></body>"), "utf-8")
    found = in_browser(shown, SCHEMES[scheme])
    assert found == {"dark": scheme == "dark", "overflow": 0, "violations": []}


def in_browser(file: Path, scheme: int) -> dict[str, Any]:
    command = [
        *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1280,900"),
        *("--virtual-time-budget=60000", f"--blink-settings=preferredColorScheme={scheme}", "--dump-dom"),
        file.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    (found,) = FOUND.findall(done.stdout)
    read: dict[str, Any] = json.loads(html.unescape(found))
    return read
