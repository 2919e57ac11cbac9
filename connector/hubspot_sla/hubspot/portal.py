"""One portal behind one token: the door to this room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, Unpack

from hubspot_sla.hubspot.associations import Associations
from hubspot_sla.hubspot.credentials import Token
from hubspot_sla.hubspot.crm_records import CrmRecords
from hubspot_sla.hubspot.customers import Customers
from hubspot_sla.hubspot.markers import MARKER_PROPERTY, NOTE_MARKER
from hubspot_sla.hubspot.notes import Notes
from hubspot_sla.hubspot.objects import companies
from hubspot_sla.hubspot.objects.table import profile_of
from hubspot_sla.hubspot.owners import Owners
from hubspot_sla.hubspot.paths import DEFAULT_VERSION
from hubspot_sla.hubspot.portal_activities import Activities
from hubspot_sla.hubspot.portal_conversations import Conversations
from hubspot_sla.hubspot.schema import Schema
from hubspot_sla.hubspot.tasks import Tasks
from hubspot_sla.hubspot.transport import Transport, TransportOptions
from hubspot_sla.hubspot.users import Users

if TYPE_CHECKING:
    from types import TracebackType


class Portal:
    """Records, tasks, notes, customers, people and schema over one transport; a context manager that closes it."""

    def __init__(self, transport: Transport, *, marker_property: str = MARKER_PROPERTY) -> None:
        associations = Associations(transport)
        self.transport = transport
        self._records: dict[str, CrmRecords] = {}
        self.tasks = Tasks(transport, marker_property, associations)
        self.notes = Notes(transport, NOTE_MARKER, associations)
        self.customers = Customers(transport, associations)
        self.companies = CrmRecords(transport, companies.PROFILE)
        self.schema = Schema(transport)
        self.owners = Owners(transport)
        self.users = Users(transport)
        self.conversations = Conversations(transport)
        self.activities = Activities(transport, associations, NOTE_MARKER)

    @classmethod
    def connect(
        cls,
        base_url: str,
        token: Token | str,
        version: str = DEFAULT_VERSION,
        *,
        marker_property: str = MARKER_PROPERTY,
        **options: Unpack[TransportOptions],
    ) -> Self:
        """A portal at `base_url`. Nothing is sent yet.

        `options` are those of `Transport`. Raises TokenMissing for an empty token, UsageProblem for an
        address, a version or a token that cannot be right.
        """
        secret = token if isinstance(token, Token) else Token(token)
        return cls(Transport(base_url, secret, version=version, **options), marker_property=marker_property)

    def of(self, object_type: str) -> CrmRecords:
        """The records of an object type. Raises UsageProblem for one that has no profile."""
        if object_type not in self._records:
            self._records[object_type] = CrmRecords(self.transport, profile_of(object_type))
        return self._records[object_type]

    @property
    def searching(self) -> bool:
        """While changes of any type are being read: what is written meanwhile costs further searches."""
        return any(records.searching for records in self._records.values())

    def close(self) -> None:
        self.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
