"""The forms that notes beside the figures of contracts have, and the reasons within them for which a feed cannot be
read; a test holds each against what is really said."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from hubspot_sla.language.texts import marked

NOTES: Final = (
    marked("the feed {feed} is down since {since} and counts as it was last read at {at}: {reason}"),
    marked("the feed {feed} is down since {since} and was last read at {at}: {reason}"),
    marked("the feed {feed} is down and counts as it was last read at {at}: {reason}"),
    marked("the feed {feed} is down and was last read at {at}: {reason}"),
    marked("the feed {feed} lacks {rows} that it had when it was read before, the first of {at}"),
    marked("the feed {feed} lacks {rows} that were sealed with {period}, the first of {at}"),
    marked("the feed {feed} is one of {form}, and {objective} measures {other}: it is not measured"),
    marked("the feed {feed} has no rows: nothing counts as down"),
    marked("the contract says no fee {fee} of {key} for {month}"),
    marked("the contract says no fee {fee} for {month}"),
    marked("{month}, edition {edition}, counts otherwise: {promises} and {more} more"),
    marked("{month}, edition {edition}, counts otherwise: {promises}"),
    marked("{period}, edition {edition}, counts too: {promises} and {more} more"),
    marked("{period}, edition {edition}, counts too: {promises}"),
)
"""The more particular form stands first."""
REASONS: Final = (
    marked("{line}: this is no CSV: {detail}"),
    marked("{line}: {reason}"),
    marked("{url}, row {number}: {reason}"),
    marked("{url}: {reason}"),
    marked("{file} cannot be read: {cause}"),
    marked("{url} cannot be had: {cause}"),
    marked("the feed has no column {column}; it has {columns}"),
    marked("the feed has an unknown column {column}; it has {columns}"),
    marked("the feed has the column {column} twice"),
    marked("the row has more cells than there are columns"),
    marked("`to` is before `from`"),
    marked("more requests failed than there were"),
    marked("{value} is no instant; write {example}"),
    marked("{value} does not say in which zone; write {example}"),
    marked("{value} is no share of the users; write {example}"),
    marked("{value} is no value; write a decimal of at least 0 and without a unit: {example}"),
    marked("{value} is no number of requests"),
)
CAUSES: Final = (
    marked("No such file or directory"),
    marked("Permission denied"),
    marked("Is a directory"),
    marked("this is not UTF-8 text"),
    marked("it answered {status}"),
    marked("it did not answer ({kind})"),
    marked("it cannot be asked ({kind})"),
    marked("its answer is longer than {number} bytes"),
    marked("it redirects more than {number} times"),
    marked("it redirects to what is no address"),
    marked("it redirects to another host, {host}, which is not followed: name it in {file}"),
    marked("it redirects from https to http, which is not followed"),
    marked("its answer is not JSON: {detail}"),
    marked("its answer is not a list of rows"),
)
INSTANTS: Final = ("at", "since")
_KINDS: Final = {
    "rows": r"\d+ rows?",
    "more": r"\d+",
    "month": r"\d{4}-\d{2}",
    "edition": r"\d+",
    "line": r".+?:\d+",
    "url": r"https?://\S+?",
    "number": r"[\d,]+",
    "status": r"\d{3}",
    "value": r"(?:'.*'|\".*\")",
    **dict.fromkeys(INSTANTS, r"[\d:.TZ+-]+"),
}


@cache
def pattern(form: str) -> re.Pattern[str]:
    """What the form says, with any text in the place of each value."""
    parts = re.split(r"\{(\w+)\}", form)
    return re.compile(
        "".join(
            f"(?P<{part}>{_KINDS.get(part, '.+?')})" if number % 2 else re.escape(part)
            for number, part in enumerate(parts)
        ),
        re.DOTALL,
    )
