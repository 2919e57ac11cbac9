"""How a value reads to a person: labels for options, names for owners, the portal's local time for instants."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import nh3
from markupsafe import Markup

from hubspot_sandbox.instants import parse_instant, to_instant

if TYPE_CHECKING:
    from hubspot_sandbox.object_types import ObjectType
    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.properties import Property

_UNITS = ((86_400, "day"), (3_600, "h"), (60, "min"))
_SOURCES = {
    "INTEGRATION": "an app",
    "API": "an app",
    "CRM_UI": "a person",
    "CALCULATED": "HubSpot",
    "IMPORT": "an import",
}
_BODY_TAGS = {
    *("p", "br", "div", "span", "ul", "ol", "li", "blockquote", "pre", "code", "a", "hr"),
    *("b", "strong", "i", "em", "u", "s", "h1", "h2", "h3", "h4", "table", "thead", "tbody", "tr", "th", "td"),
}
_LINKS = {"http", "https", "mailto"}
_TONES = {
    "bad": ("breach", "late", "overdue", "missed", "broken"),
    "warn": ("risk", "soon", "warning"),
    "good": ("met", "on_time", "kept", "completed"),
    "calm": ("paused", "waiting"),
}


class Formatter:
    """Reads values of one portal at one instant."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._zone = ZoneInfo(portal.account.time_zone)
        self.now_ms = portal.clock.now_ms()

    def value(self, kind: ObjectType, name: str, text: str) -> str:
        """A property's value as the record's page shows it."""
        definition = self._portal.catalogue(kind).find(name)
        if definition is None or not text:
            return text
        if definition.referenced == "OWNER":
            return self.owner(text)
        if definition.type == "datetime":
            return self.instant(parse_instant(text))
        if definition.field_type == "html":
            return safe_html(text)
        return _option_labels(definition, text)

    def owner(self, owner_id: str) -> str:
        """First and last name; the id of somebody the portal does not know."""
        owner = self._portal.owners.get(owner_id)
        return f"{owner.first_name} {owner.last_name}".strip() if owner else owner_id

    def instant(self, ms: int) -> str:
        """`Mon 23 Nov 2026, 10:00:00`, in the account's time zone."""
        local = self._local(ms)
        return f"{local:%a} {local.day} {local:%b %Y, %H:%M:%S}"

    def short_instant(self, ms: int, *, seconds: bool = False) -> str:
        """`23 Nov, 10:00`, with the year where it is not this one."""
        local = self._local(ms)
        year = "" if local.year == self._local(self.now_ms).year else f" {local.year}"
        return f"{local.day} {local:%b}{year}, {local:%H:%M:%S}"[: None if seconds else -3]

    def input_instant(self, ms: int) -> str:
        """What a `datetime-local` field holds."""
        return f"{self._local(ms):%Y-%m-%dT%H:%M}"

    def typed_instant(self, text: str) -> datetime:
        """The instant somebody typed into such a field, in the account's time zone. Raises ValueError."""
        typed = datetime.fromisoformat(text)
        return typed if typed.tzinfo else typed.replace(tzinfo=self._zone)

    def distance(self, ms: int) -> str:
        """`3 h ago`, `in 20 min`, `now`."""
        seconds = (ms - self.now_ms) // 1000
        length = span(abs(seconds))
        if not length:
            return "now"
        return f"in {length}" if seconds > 0 else f"{length} ago"

    def _local(self, ms: int) -> datetime:
        return to_instant(ms).astimezone(self._zone)

    @property
    def zone_name(self) -> str:
        """`Europe/Berlin, UTC+01:00`."""
        offset = self._local(self.now_ms).utcoffset() or timedelta()
        sign, minutes = "-" if offset < timedelta() else "+", abs(offset) // timedelta(minutes=1)
        return f"{self._zone.key}, UTC{sign}{minutes // 60:02}:{minutes % 60:02}"


def span(seconds: int) -> str:
    """The largest unit of a length of time; nothing for less than a minute."""
    for size, unit in _UNITS:
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'s' if unit == 'day' and count > 1 else ''}"
    return ""


def safe_html(body: str) -> Markup:
    """A body as HTML, without anything that could run, load or stand out of its place."""
    cleaned = nh3.clean(body, tags=_BODY_TAGS, attributes={"a": {"href"}}, url_schemes=_LINKS)
    return Markup(cleaned.strip())  # noqa: S704 - that is what cleaning is for


def source_name(source: str) -> str:
    """Who a version of a property came from."""
    return _SOURCES.get(source, source.replace("_", " ").lower())


def tone(value: str) -> str:
    """A colour for a status by the words in it."""
    lowered = value.lower()
    return next((name for name, words in _TONES.items() if any(word in lowered for word in words)), "plain")


def initials(name: str) -> str:
    """Two letters for a round badge."""
    return "".join(word[0] for word in name.split()[:2]).upper()


def _option_labels(definition: Property, text: str) -> str:
    labels = {option.value: option.label for option in definition.options}
    return ", ".join(labels.get(part, part) for part in text.split(";")) if labels else text
