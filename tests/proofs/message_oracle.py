"""What messages mean to the clocks, by looking at each in turn: slow, and without a line of what it is to test.

Instants are minutes. A clock is a list of (start, stop), `stop` None while it runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from proofs.conversations import ACTIVITIES

if TYPE_CHECKING:
    from proofs.conversations import Conversation, Said

Runs = list[tuple[float, float | None]]


@dataclass(frozen=True)
class Rules:
    """As portal.yaml says them."""

    ai_agent: str = "ignore"
    bots: str = "ignore"
    auto_replies: str = "ignore"
    within_s: int | None = None
    comments: str = "ignore"
    notes: str = "update"
    calls: str = "answer"
    meetings: str = "update"
    sources: tuple[str, ...] = ("threads", "emails", "calls", "notes", "meetings")


@dataclass(frozen=True)
class Meaning:
    """What there is for the clocks: instants of each kind, in order."""

    customers: list[float]
    answers: list[float]
    ai_answers: list[float]
    words: list[float]
    owned: list[float]
    handover: float | None
    handover_is_answer: bool
    first_responder: str


def meaning(told: Conversation, rules: Rules) -> Meaning:
    """By the words of the document, message after message."""
    created = min(told.tickets)
    customers: list[float] = []
    answers: list[float] = []
    ai_answers: list[float] = []
    updates: list[float] = []
    people: list[tuple[float, str]] = []
    first: list[tuple[float, str]] = []
    written = sorted(told.said, key=lambda one: (one.at, _id_of(one)))
    last_customer: dict[int, float] = {}
    early_person = False
    for one in written:
        role = _role(one, rules, told, last_customer)
        if role == "customer":
            last_customer[_place(one)] = last_customer[-1] = one.at
        if one.at < created:
            early_person = early_person or (role == "answer" and _is_person(one))
            continue
        if role == "customer":
            customers.append(one.at)
        elif role == "answer":
            answers.append(one.at)
            if one.at > created:
                first.append((one.at, _actor(one)))
                if _is_person(one):
                    people.append((one.at, one.author))
        elif role == "ai":
            ai_answers.append(one.at)
        elif role == "update":
            updates.append(one.at)
    owned, assigned = _owned(told, rules, created)
    marks = [assigned] if assigned is not None else []
    marks += [max(told.escalated_at, created)] if told.escalated_at is not None and "threads" in rules.sources else []
    marks += [created] if early_person else []
    person = people[0][0] if people else None
    by_answer = person is not None and all(person <= mark for mark in marks)
    handover = min([*marks, *([person] if person is not None else [])], default=None)
    words, responder = sorted({*answers, *updates}), first[0][1] if first else ""
    return Meaning(customers, answers, ai_answers, words, owned, handover, by_answer, responder)


def _id_of(one: Said) -> str:
    return f"{one.what}:{one.number}" if one.what in ACTIVITIES else f"m{one.number:04}"


def _place(one: Said) -> int:
    return -1 if one.what in ACTIVITIES else one.thread


def _actor(one: Said) -> str:
    if one.what in ACTIVITIES:
        return "7"
    return "E" if one.author.startswith("E-") else one.author


def _is_person(one: Said) -> bool:
    if one.what == "email":
        return not one.incoming
    if one.what in ("call", "note", "meeting"):
        return True
    return one.author.startswith("A-") or one.from_home


def _role(one: Said, rules: Rules, told: Conversation, last_customer: dict[int, float]) -> str:
    """customer, answer, ai, update, or nothing."""
    source = {"email": "emails", "call": "calls", "note": "notes", "meeting": "meetings"}.get(one.what, "threads")
    if source not in rules.sources or one.deleted:
        return ""
    if one.what == "COMMENT":
        return "update" if rules.comments == "update" and one.author.startswith("A-") else ""
    if one.what == "note":
        return {"update": "update", "answer": "answer"}.get(rules.notes, "") if one.typed else ""
    if one.what == "call":
        return {"update": "update", "answer": "answer"}.get(rules.calls, "") if one.connected else ""
    if one.what == "meeting":
        return {"update": "update", "answer": "answer"}.get(rules.meetings, "") if one.connected else ""
    if one.what not in ("MESSAGE", "email") or one.forwarded:
        return ""
    if one.what == "email" and _seen_in_thread(one, told, rules):
        return ""
    if one.failed:
        return ""
    typed_by_person = one.what == "MESSAGE" and one.author.startswith("A-") and one.typed
    if one.automatic and rules.auto_replies == "ignore" and not typed_by_person:
        return ""
    role = _by_author(one, rules)
    soon = rules.within_s is not None and not typed_by_person and not one.author.startswith("L-")
    if role == "answer" and soon:
        asked = last_customer.get(_place(one))
        if asked is not None and round((one.at - asked) * 60, 6) <= (rules.within_s or 0):
            return ""
    return role


def _seen_in_thread(one: Said, told: Conversation, rules: Rules) -> bool:
    return "threads" in rules.sources and any(
        other.what == "MESSAGE"
        and not other.deleted
        and other.incoming == one.incoming
        and round(abs(other.at - one.at), 6) <= 1
        for other in told.said
    )


def _by_author(one: Said, rules: Rules) -> str:
    if _is_person(one):
        return "answer"
    kind = one.author[:1]
    if kind == "L":
        return {"answer": "answer", "separate": "ai"}.get(rules.ai_agent, "")
    if one.incoming:
        return "" if kind in "BS" and kind else "customer"
    if kind and kind in "BSI":
        return "answer" if rules.bots == "answer" else ""
    return ""


def _owned(told: Conversation, rules: Rules, created: float) -> tuple[list[float], float | None]:
    """The instants at which somebody was put in charge, and the first at which that was a person."""
    if "threads" not in rules.sources:
        return [], None
    at_creation: Said | None = None
    owned: list[float] = []
    people: list[float] = []
    for one in sorted(told.said, key=lambda each: (each.at, _id_of(each))):
        if one.what != "ASSIGNMENT":
            continue
        counts = one.assigned_to.startswith("A-") or (one.assigned_to.startswith("L-") and rules.ai_agent == "answer")
        if one.at <= created:
            at_creation = one if counts else None
        elif counts:
            owned.append(one.at)
            people += [one.at] if one.assigned_to.startswith("A-") else []
    if at_creation is not None:
        owned.insert(0, created)
        people[:0] = [created] if at_creation.assigned_to.startswith("A-") else []
    return owned, people[0] if people else None


# clocks


def first_response(created: float, answers: list[float]) -> Runs:
    return [(created, next((at for at in answers if at > created), None))]


def from_handover(known: Meaning) -> Runs:
    """A message that takes over answers in that very instant."""
    if known.handover is None:
        return []
    if known.handover_is_answer:
        return [(known.handover, known.handover)]
    return first_response(known.handover, known.answers)


def next_response(customers: list[float], answers: list[float], until: float | None = None) -> Runs:
    """Instant after instant: an answer first, then what starts anew; none of that any more at the end."""
    runs: Runs = []
    waiting: float | None = None
    answered = False
    for at in sorted({*customers, *answers}):
        if until is not None and at > until:
            break
        if at in answers:
            answered = True
            if waiting is not None and at > waiting:
                runs.append((waiting, at))
                waiting = None
        if at in customers and answered and waiting is None and at != until:
            waiting = at
    return [*runs, (waiting, None)] if waiting is not None else runs


def update(created: float, words: list[float]) -> Runs:
    marks = [created, *(at for at in words if at > created)]
    return [*pairwise(marks), (marks[-1], None)]


def assignment(created: float, owned: list[float]) -> Runs:
    return [(created, owned[0] if owned else None)]
