"""The extra `sandbox`: what `sla demo` and `sla sandbox` need beyond a production install."""

from __future__ import annotations

from importlib.util import find_spec

from hubspot_sla.errors import UsageProblem

REQUIREMENT = "hubspot-sla[sandbox]"
PACKAGES = ("jinja2", "nh3", "starlette", "uvicorn")


def require_sandbox() -> None:
    """Raise `UsageProblem` (exit code 2), naming what is missing and the command that installs it."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise UsageProblem(
            f"the sandbox is not installed: {', '.join(missing)} missing",
            remedy=f"install it with: pip install '{REQUIREMENT}'",
        )
