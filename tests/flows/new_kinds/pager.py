"""A kind of channel as somebody may add it: a pager that gets the subject alone, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from hubspot_sla.channels.http_post import Poster

if TYPE_CHECKING:
    from hubspot_sla.channels.channel import ResolvedChannel
    from hubspot_sla.channels.message import Notice
    from hubspot_sla.channels.outcome import Outcome
    from hubspot_sla.channels.sender import Sender


class Pager:
    def __init__(self, channel: ResolvedChannel) -> None:
        self._poster = Poster(channel.url)

    def send(self, notice: Notice) -> Outcome:
        return self._poster.post(orjson.dumps(notice.messages[0].subject))

    def close(self) -> None:
        self._poster.close()


def connect(channel: ResolvedChannel) -> Sender:
    return Pager(channel)
