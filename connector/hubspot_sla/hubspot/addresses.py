"""HubSpot's own addresses: of its API, and of what people look at."""

from __future__ import annotations

from typing import Final

PRODUCTION: Final = "https://api.hubapi.com"
RECORD_PAGE: Final = "https://app.hubspot.com/contacts/{portal_id}/record/{type_id}/"
"""Up to a record's id. HubSpot leads portals of other regions on from here."""
