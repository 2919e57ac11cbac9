"""HubSpot's own addresses: of its API, and of what people look at."""

from __future__ import annotations

import re
from typing import Final

PRODUCTION: Final = "https://api.hubapi.com"
UI_DOMAIN: Final = "app.hubspot.com"
"""Where people of a portal work that tells no address of its own."""
RECORD_PAGE: Final = "https://{ui_domain}/contacts/{portal_id}/record/{type_id}/"
"""Up to a record's id. `ui_domain` is what account-info says: portals of other regions have their own."""
_UI_DOMAIN: Final = re.compile(r"[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)*\.hubspot\.com", re.ASCII)


def usable_ui_domain(ui_domain: str) -> str:
    """The address that account-info told, where it is one of HubSpot's; else that of most portals."""
    return ui_domain if _UI_DOMAIN.fullmatch(ui_domain) else UI_DOMAIN
