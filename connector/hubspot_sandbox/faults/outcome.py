"""What a fault can do to one request, and what it can know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from starlette.responses import Response

    from hubspot_sandbox.access import Access
    from hubspot_sandbox.faults.connections import Connections
    from hubspot_sandbox.json_views import Answer
    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.refusals import Refused
    from hubspot_sandbox.routes.call import Call

    Handler = Callable[[Call], Answer]


@dataclass(slots=True)
class StruckRequest:
    """One request that a fault strikes. `kind` is that of its route.

    `landed` says that the fault took the place of HubSpot's own answer; `fate` names what kept one from the client.
    """

    portal: Portal
    access: Access
    connections: Connections
    random: Random
    seed: int
    token: str
    kind: str
    method: str
    landed: bool = False
    fate: str = ""


class Outcome(BaseModel):
    """What goes wrong. Its name in files is `fault`; its fields are the keys beside it.

    Of several that strike one request the first one added is the outermost: it sees the request first, the answer last.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    fault: ClassVar[str]
    once: ClassVar[bool] = False
    """It happens one time only, unless told `times`."""
    layer: ClassVar[int] = 0
    """Which of several dresses an answer first: what is said, then how much of it, whether at all, and when."""

    def arm(self, portal: Portal) -> None:
        """It has been added; nothing has been struck yet."""

    def disarm(self, portal: Portal) -> None:
        """It has been removed."""

    def happen(self, struck: StruckRequest) -> None:
        """Before the request is looked at: what an admin does just then."""

    def around(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        """Instead of the work, before it or after it. May raise `Refused`."""
        return handler(call)

    def outgoing(self, struck: StruckRequest, response: Response) -> Response:
        """On the way out, also when the request was refused."""
        return response


class Refusing(Outcome):
    """Refuses in place of the work."""

    def around(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        struck.landed = True
        raise self.refusal(struck)

    def refusal(self, struck: StruckRequest) -> Refused:
        """What is said."""
        raise NotImplementedError
