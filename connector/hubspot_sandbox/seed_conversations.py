"""Conversations for the invented portal: one ticket for each way in which an answer may be hard to recognise.

Each story counts in minutes from its beginning; what would happen after `now` does not. The same `now` and number of
rounds always give the same tickets.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson

from hubspot_sandbox.conversation_model import INBOX_CHANGE, INBOX_ID, WELCOME, Message, Party
from hubspot_sandbox.instants import to_ms
from hubspot_sandbox.merging import merge
from hubspot_sandbox.object_types import TICKETS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.seed_tickets import Participants

BOT, AI_AGENT, CONNECTOR, HUBSPOT = "B-3100001", "L-3200001", "I-2900001", "S-hubspot"
CONNECTED = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
"""HubSpot's id of the call outcome "Connected"."""
_SECOND = 1 / 60
_APP_ID = 2_900_001
_APART = timedelta(hours=5)
"""From the beginning of one story to that of the next."""


@dataclass(slots=True)
class Story:
    """One ticket and what is to happen on it; `minute` counts from its creation."""

    portal: Portal
    start: datetime
    owner_id: str
    contact_id: str
    ticket: str = ""
    acts: list[tuple[float, Callable[[datetime], object]]] = field(default_factory=list)

    @property
    def agent(self) -> str:
        """The owner as one who writes."""
        return f"A-{self.portal.owners[self.owner_id].user_id}"

    def open(self, subject: str, source: str = "EMAIL") -> None:
        """The ticket comes, with its contact and its owner."""
        properties = {
            "subject": subject,
            "hs_pipeline": "0",
            "hs_pipeline_stage": "1",
            "hs_ticket_priority": "HIGH",
            "source_type": source,
            "hubspot_owner_id": self.owner_id,
        }
        self.ticket = self.portal.create("tickets", properties, at=self.start)
        self.portal.associate("tickets", self.ticket, "contacts", self.contact_id, at=self.start)

    def thread(self, channel_id: str = "", *, minute: float = 0) -> str:
        """A thread of the ticket."""
        return self.portal.start_thread(self.ticket, channel_id=channel_id, at=self._at(minute))

    def then(self, minute: float, act: Callable[[datetime], object]) -> None:
        """Something happens at that minute."""
        self.acts.append((minute, act))

    def write(self, minute: float, thread: str, actor: str = "", text: str = "", **more: Any) -> None:
        """A message: of the customer (""), or of an actor."""
        self.then(minute, lambda at: self.portal.write_message(thread, actor, text, at=at, **more))

    def comment(self, minute: float, thread: str, actor: str, text: str) -> None:
        """A comment among colleagues."""
        self.then(minute, lambda at: self.portal.write_comment(thread, actor, text, at=at))

    def assign(self, minute: float, thread: str, actor: str) -> None:
        """The thread is given to somebody."""
        self.then(minute, lambda at: self.portal.assign_thread(thread, actor, at=at))

    def status(self, minute: float, thread: str, status: str) -> None:
        """The agent closes the thread, or opens it again."""
        self.then(minute, lambda at: self.portal.set_thread_status(thread, status, by=self.agent, at=at))

    def hand_over(self, minute: float) -> None:
        """The AI agent gives up."""
        self.then(minute, lambda at: self.portal.escalate(self.ticket, at=at))

    def log(self, minute: float, kind: str, **properties: str) -> None:
        """An activity on the ticket."""
        self.then(minute, lambda at: self._log(kind, properties, at))

    def play(self, until: datetime) -> None:
        """Let everything happen that is due by `until`."""
        for minute, act in sorted(self.acts, key=lambda timed: timed[0]):
            if self._at(minute) <= until:
                act(self._at(minute))

    def _log(self, kind: str, properties: dict[str, str], at: datetime) -> None:
        activity = self.portal.create(kind, {"hs_timestamp": at.isoformat(), **properties}, at=at)
        self.portal.associate("tickets", self.ticket, kind, activity, at=at)

    def _at(self, minute: float) -> datetime:
        return self.start + timedelta(minutes=minute)


def add_conversations(portal: Portal, participants: Participants, now: datetime, rounds: int) -> None:
    """Every story `rounds` times, the last one begun some hours before `now`."""
    agents, contacts = participants.agents["0"], [each for ids in participants.contacts.values() for each in ids]
    count = rounds * len(STORIES)
    for number in range(count):
        start = now - _APART * (count - number)
        story = Story(portal, start, agents[number % len(agents)], contacts[number % len(contacts)])
        STORIES[number % len(STORIES)](story)
        story.play(now)


def _auto_reply(story: Story) -> None:
    story.open("Auto-reply first, then a person")
    thread = story.thread()
    story.write(0, thread, text="The export stops halfway.")
    story.write(5 * _SECOND, thread, HUBSPOT, "We got your message.")
    story.write(95, thread, story.agent, "Which export is it?")


def _reply_of_an_app(story: Story) -> None:
    story.open("An app answers in the name of an agent")
    thread = story.thread()
    story.write(0, thread, text="Wrong currency on the invoice.")
    story.write(20 * _SECOND, thread, story.agent, "Thank you for your patience.", client="INTEGRATION", app_id=_APP_ID)
    story.write(1, thread, CONNECTOR, "Case created.", app_id=_APP_ID)
    story.write(180, thread, story.agent, "It is euros now.")


def _handed_over(story: Story) -> None:
    story.open("The AI agent hands over", "CHAT")
    thread = story.thread("1000")
    welcome = Message(0, 0, WELCOME, Party(AI_AGENT), client="SYSTEM", text="How can I help?", channel_id="1000")
    story.then(0, lambda at: story.portal.add_entries(thread, [welcome], at=at))
    story.assign(0, thread, AI_AGENT)
    story.write(1, thread, text="I cannot sign in.")
    story.write(1.2, thread, AI_AGENT, "Did you reset your password?")
    story.write(3, thread, text="Twice.")
    story.write(3.2, thread, AI_AGENT, "A colleague takes over.")
    story.hand_over(3.5)
    story.assign(4, thread, story.agent)
    story.write(26, thread, story.agent, "Your account is open again.")


def _solved_by_ai(story: Story) -> None:
    story.open("The AI agent solves it", "CHAT")
    thread = story.thread("1000")
    story.write(0, thread, text="How do I add an administrator?")
    story.write(0.3, thread, AI_AGENT, "Under Settings, Users.")
    story.write(4, thread, text="Thanks!")
    story.then(30, lambda at: story.portal.update("tickets", story.ticket, {"hs_pipeline_stage": "4"}, at=at))


def _bot_first(story: Story) -> None:
    story.open("A bot asks first", "CHAT")
    thread = story.thread("1000")
    story.write(0, thread, text="Hello?")
    story.write(0.1, thread, BOT, "Which product is it about?")
    story.write(2, thread, text="Billing.")
    story.write(2.1, thread, BOT, "Thank you.")
    story.assign(2.2, thread, story.agent)
    story.write(48, thread, story.agent, "Hello, how can I help?")


def _answered_outside(story: Story) -> None:
    """The owner answers from a personal mailbox; HubSpot logs it. A notice of absence comes back."""
    story.open("Answered from a personal mailbox")
    thread = story.thread()
    mailbox = {"email": "mara.home@mail.example", "firstName": "Mara"}
    customer = {"email": story.portal.read("contacts", story.contact_id)["email"]}
    story.write(0, thread, text="Can we move the meeting?")
    story.log(40, "emails", **_email("EMAIL", mailbox, customer, "Re: meeting"), hubspot_owner_id=story.owner_id)
    absent = _email("INCOMING_EMAIL", customer, mailbox, "Out of office", automatic=True)
    story.log(41, "emails", **absent)
    story.log(300, "emails", **_email("INCOMING_EMAIL", customer, mailbox, "Re: Re: meeting"))


def _comments(story: Story) -> None:
    story.open("Colleagues comment, nobody answers yet")
    thread = story.thread()
    other = f"A-{next(each.user_id for each in story.portal.owners.values() if each.id != story.owner_id)}"
    story.write(0, thread, text="Single sign-on loops.")
    story.comment(15, thread, story.agent, "Has anybody seen this?")
    story.comment(35, thread, other, "Look at the certificate.")
    story.write(240, thread, story.agent, "Please renew the certificate.")


def _calls(story: Story) -> None:
    story.open("Settled on the phone", "PHONE")
    call = {"hs_call_direction": "OUTBOUND", "hubspot_owner_id": story.owner_id, "hs_call_title": "Call back"}
    story.log(30, "calls", **call, hs_call_status="NO_ANSWER", hs_call_duration="0")
    story.log(75, "calls", **call, hs_call_status="COMPLETED", hs_call_duration="240000", hs_call_disposition=CONNECTED)
    story.log(80, "notes", hs_note_body="<p>Showed how to do it.</p>", hubspot_owner_id=story.owner_id)
    meeting = {"hs_meeting_title": "Look at it together", "hubspot_owner_id": story.owner_id}
    story.log(150, "meetings", **meeting, hs_meeting_outcome="COMPLETED")


def _opened_again(story: Story) -> None:
    story.open("Closed, and opened again by the customer")
    thread = story.thread()
    story.write(0, thread, text="Webhooks are late.")
    story.write(50, thread, story.agent, "They are on time again.")
    story.status(55, thread, "CLOSED")
    story.write(400, thread, text="Late again.")
    story.write(460, thread, story.agent, "We found the reason.")
    story.status(470, thread, "CLOSED")


def _three_threads(story: Story) -> None:
    story.open("One ticket, three threads")
    mail, chat, phone = story.thread(), story.thread("1000", minute=20), story.thread("1007", minute=60)
    story.write(0, mail, text="Search finds nothing.")
    story.write(20, chat, text="Anybody there?")
    story.write(22, chat, story.agent, "Yes. I look into it.")
    story.write(60, phone, text="And?")
    story.write(150, mail, story.agent, "The index is whole again.")


def _merged(story: Story) -> None:
    """The customer wrote twice; the older ticket is merged into the newer one."""
    story.open("The same question again")
    thread = story.thread()
    story.write(0, thread, text="No answer yet?")
    story.write(90, thread, story.agent, "Sorry for the wait.")
    older = Story(story.portal, story.start - timedelta(hours=1), story.owner_id, story.contact_id)
    older.open("The same question")
    first = older.thread()
    older.write(0, first, text="Where is my refund?")
    older.write(0.1, first, HUBSPOT, "We got your message.")
    older.play(story.start)
    story.then(100, lambda at: _merge(story.portal, story.ticket, older.ticket, at))


def _waiting(story: Story) -> None:
    story.open("Nobody answers")
    thread = story.thread()
    story.write(0, thread, text="Charged twice.")
    story.write(200, thread, story.agent, "On its way.", status="FAILED")
    move = Message(0, 0, INBOX_CHANGE, Party(HUBSPOT), client="SYSTEM", from_inbox="650002", to_inbox=INBOX_ID)
    story.then(210, lambda at: story.portal.add_entries(thread, [move], at=at))


STORIES = (
    _auto_reply,
    _reply_of_an_app,
    _handed_over,
    _solved_by_ai,
    _bot_first,
    _answered_outside,
    _comments,
    _calls,
    _opened_again,
    _three_threads,
    _merged,
    _waiting,
)


def _email(
    direction: str, sender: dict[str, str], to: dict[str, str], subject: str, *, automatic: bool = False
) -> dict[str, str]:
    """The properties of an e-mail, with the headers as HubSpot keeps them."""
    headers: dict[str, object] = {"from": sender, "sender": {"email": sender["email"]}, "to": [to], "cc": [], "bcc": []}
    if automatic:
        headers["Auto-Submitted"] = "auto-replied"
    status = {"hs_email_status": "SENT"} if direction == "EMAIL" else {}
    return {
        "hs_email_direction": direction,
        "hs_email_subject": subject,
        "hs_email_headers": orjson.dumps(headers).decode(),
        **status,
    }


def _merge(portal: Portal, primary: str, other: str, at: datetime) -> None:
    with portal.lock:
        records = portal.record(TICKETS, primary), portal.record(TICKETS, other)
        merge(portal, TICKETS, *records, to_ms(at))
