"""Words of a choice by value that are no value themselves."""

from __future__ import annotations

from typing import Final

DEFAULT: Final = "default"
"""Every value that is not named."""
NONE: Final = "none"
"""In the place of a target of a group: nothing is promised for this value."""
HOLDER: Final = "holder"
"""The team or vendor that holds the stage, by portal.yaml."""
