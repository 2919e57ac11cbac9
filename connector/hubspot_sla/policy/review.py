"""Everything `sla check` has to say beyond right and wrong, in the order of files and lines."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hubspot_sla.errors import Problem
from hubspot_sla.policy.calendar_review import BusinessDay, business_days, calendar_warnings, lost_holidays
from hubspot_sla.policy.chain_fit import fit_warnings
from hubspot_sla.policy.contract_review import contract_warnings
from hubspot_sla.policy.ignore_comments import without_ignored
from hubspot_sla.policy.ladder_review import ladder_warnings
from hubspot_sla.policy.loader import calendars_file
from hubspot_sla.policy.mapping_files import CONTRACTS, spelling_in
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.policy_review import policy_warnings
from hubspot_sla.policy.value_review import quote_warnings, range_warnings, value_warnings

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from hubspot_sla.policy.mappings import Mappings


def warnings_about(
    mappings: Mappings,
    texts: Mapping[str, str],
    now: int,
    from_portal: Sequence[Problem] | None = None,
    missing_feeds: Collection[str] = (),
) -> list[Problem]:
    """What is worth a second look in mappings that are right, as of `now` (epoch ms). `texts` are what they were
    loaded from, `from_portal` what `Mappings.warnings` gave, where the portal was asked, `missing_feeds` the files of
    feeds that are not there. What comments of the files ignore is left out."""
    document, file = calendars_file(texts)
    used = mappings.policy_set.calendars_used
    by_type = [mappings.of(object_type) for object_type in mappings.object_types]
    year = datetime.fromtimestamp(now / 1000, UTC).year
    warnings = [
        *calendar_warnings(document, file, mappings.calendars, used, year),
        *(warning for of_type in by_type for warning in policy_warnings(of_type.policy_set, now)),
        *(warning for of_type in by_type for warning in fit_warnings(of_type.policy_set, of_type.portal, now)),
        *ladder_warnings(mappings.policy_set),
        *_tier_warnings(mappings, texts),
        *(warning for of_type in by_type for warning in value_warnings(of_type)),
        *(warning for of_type in by_type for warning in range_warnings(of_type)),
        *quote_warnings(texts),
        *contract_warnings(mappings, texts, spelling_in(texts, CONTRACTS), now, missing_feeds),
        *(from_portal or ()),
    ]
    return without_ignored(warnings, texts, portal_asked=from_portal is not None)


def notes_about(mappings: Mappings, texts: Mapping[str, str], now: int) -> list[str]:
    """What is right and good to know, as of `now` (epoch ms)."""
    _, file = calendars_file(texts)
    return lost_holidays(file, mappings.calendars, datetime.fromtimestamp(now / 1000, UTC).year)


def business_days_of(mappings: Mappings) -> list[BusinessDay]:
    """What 1bd means on each calendar."""
    return business_days(mappings.calendars)


def _tier_warnings(mappings: Mappings, texts: Mapping[str, str]) -> list[Problem]:
    tiers = mappings.tiers
    silent = [
        Problem(
            tiers.document.file,
            0,
            0,
            f"{feed.url} has not answered yet, so no customer has a tier from it",
            code=Code.ENDPOINT_SILENT,
        )
        for feed in tiers.feeds
        if feed.url not in texts
    ]
    return [*silent, *tiers.flaws, *tiers.doubts]
