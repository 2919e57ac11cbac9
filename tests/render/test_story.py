"""What people read: what is late first, since when and by how much, what was promised in plain words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clock.tickets import HOUR, OFFICE, always, at, judged, promise, ticket
from hubspot_sla.clock.calendar import Calendar
from hubspot_sla.clock.hours import WHOLE_DAY
from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.rungs import Mark, Side, Span
from hubspot_sla.clock.timeline import Role
from hubspot_sla.clock.verdict import Cycle, Status, Verdict, Withdrawal
from hubspot_sla.hubspot.tasks import OWNER_REFUSED
from hubspot_sla.language.texts import LANGUAGES, texts_of
from hubspot_sla.plan.rung_context import LEAD, OWNER, People
from hubspot_sla.render.names import place_on_ladder
from hubspot_sla.render.note_html import MOST_ROWS, note_html
from hubspot_sla.render.plain import as_text, clock_line
from hubspot_sla.render.promise_text import promised
from hubspot_sla.render.reasons import reason_words
from hubspot_sla.render.rung_text import REFUSALS, REMARKS
from hubspot_sla.render.story import ClockText, Standing, Story, Teller

LATE = judged(ticket(), always(4), "11-23 15:00")
FINE = judged(ticket(replies=("11-23 11:00",)), always(4, Metric.FIRST_RESPONSE), "11-23 15:00")
RUNNING = judged(ticket(), always(30), "11-23 15:00")


def teller(language: str = "en", now: int | None = None, tier: str = "silver") -> Teller:
    names = {"9300": "Waiting on us", "8000": "Support"}
    return Teller(texts_of(language), lambda _verdict: tier, lambda _kind, id_: names.get(id_, id_), now)


def test_what_is_late_comes_first_and_what_is_fine_last() -> None:
    told = teller().story([FINE, RUNNING, LATE], "silver")
    assert [clock.standing for clock in told.clocks] == [Standing.LATE, Standing.DUE, Standing.IN_TIME]
    assert as_text(told, texts_of("en")).splitlines() == [
        "Resolution: late since Mon, Nov 23, 2026, 14:00 UTC. Promised: 4 hours, around the clock, silver.",
        "Resolution: due Tue, Nov 24, 2026, 16:00 UTC. Promised: 30 hours, around the clock, silver.",
        "First response: done in time, Mon, Nov 23, 2026, 11:00 UTC. Promised: 4 hours, around the clock, silver.",
        "",
        "Details",
        "First response: due Mon, Nov 23, 2026, 14:00 UTC",
        "Customer tier: silver",
    ]


def test_a_text_that_stays_on_the_record_does_not_grow_with_time() -> None:
    texts = {as_text(teller().story([LATE, RUNNING, FINE], ""), texts_of("en")) for _ in range(2)}
    later = judged(ticket(), always(4), "11-24 09:00")
    texts.add(as_text(teller().story([later, RUNNING, FINE], ""), texts_of("en")))
    assert len(texts) == 1


def test_a_text_of_the_moment_says_by_how_much() -> None:
    assert "by 1 hour" in clock_line(teller(now=at("11-23 15:00")).clock(LATE), texts_of("en"))


def test_lateness_is_in_the_hours_of_the_calendar_and_on_the_wall_where_none_passed() -> None:
    reply = judged(ticket(replies=("11-24 09:00",)), always(6, Metric.FIRST_RESPONSE, calendar=OFFICE), "11-24 10:00")
    assert teller().lateness(reply.cycle) == "1 hour of business time"
    evening = judged(ticket(replies=("11-23 20:00",)), always(6, Metric.FIRST_RESPONSE, calendar=OFFICE), "11-24 10:00")
    assert teller().lateness(evening.cycle) == "4 hours outside business hours"
    assert teller().lateness(RUNNING.cycle) == ""


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("1bd", "1 business day"),
        ("2bd 4h", "2 business days 4 hours"),
        ("1.5bd", "1.5 business days"),
        ("90m", "1 hour 30 minutes"),
        ("2 days same time", "the same time 2 business days later"),
        ("same time next business day", "the same time on the next business day"),
        ("end of business day", "the end of the business day"),
        ("End of Next Business Day", "the end of the next business day"),
        ("3 business days end of day", "the end of the business day 3 days later"),
        ("4h, cut-off 14:00", "4 hours, counted from the next business day after 14:00"),
        ("24h on always", "24 hours (around the clock)"),
        ("earlier of 4h and end of business day", "4 hours or the end of the business day, whichever is earlier"),
        ("later of 1bd and 24h on de_hours", "1 business day or 24 hours (De hours), whichever is later"),
        ("what nobody knows", "6 hours"),
    ],
)  # fmt: skip
def test_a_target_is_said_in_plain_words(target: str, words: str) -> None:
    asked = replace(promise(6, calendar=OFFICE), target=target)
    assert promised(asked, "", texts_of("en")) == f"{words}, Office hours"


def test_a_calendar_goes_by_its_title_or_else_by_its_name_in_words() -> None:
    titled = Calendar("de_office", OFFICE.zone, {0: (WHOLE_DAY,)}, title="German office hours")
    asked = replace(promise(6, calendar=titled), target="1bd")
    assert promised(asked, "silver", texts_of("en")) == "1 business day, German office hours, silver"
    untitled = replace(titled, title="", name="german-office-hours")
    assert promised(replace(asked, calendar=untitled), "", texts_of("en")) == "1 business day, German office hours"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", Status)
def test_every_status_has_words_without_anything_of_the_mappings(language: str, status: Status) -> None:
    cycle = LATE.cycle._replace(status=status, reason="policy x promises no resolution", stopped_at=at("11-23 16:00"))
    told = clock_line(teller(language, at("11-23 17:00")).clock(Verdict.of_one(LATE.clock, cycle)), texts_of(language))
    assert not any(word in told for word in ("4h", "{", "_", ".yaml", "CRM_UI"))


KEPT = (
    "the ticket was closed as spam",
    "the priority became HIGH",
    "the priority became empty",
    "the stage became 9300",
    "the pipeline became 8000",
    "the mappings changed",
    "no policy matches",
    "policy gold has no target for a ticket without a priority",
    "policy gold has no target for priority LOW",
    "policy gold has no target: no target for a ticket without a priority",
    "policy gold promises no resolution",
    "portal.yaml does not know the stage 77 of pipeline 8000",
    "the ticket was merged into ticket 77, which carries the clock on",
    "no message of either side has been seen on this ticket, so a reply could not have been",
    "hs_x holds 'a', which is no instant; the ticket has no stage",
    "tier is not set, not platinum",
    "pipeline is Onboarding, not Support or Billing",
    "priority is LOW, not HIGH or URGENT",
    "impact is 3, not at least 4",
    "it is in force only from 2026-02-01",
    "it applies to new tickets only, and the ticket is older than the policy",
)


@pytest.mark.parametrize("reason", KEPT)
@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_a_reason_is_said_in_the_language_and_by_names(language: str, reason: str) -> None:
    said = reason_words(reason, texts_of(language), teller().name_of)
    assert said != reason_words(reason, texts_of("en"), teller().name_of)
    assert not any(word in said for word in ("9300", ".yaml", "gold"))
    assert "Waiting on us" in said or "9300" not in reason


def test_several_conditions_are_said_one_by_one() -> None:
    kept = "tier is silver, not gold or platinum; and owner is not set, not 77"
    said = reason_words(kept, texts_of("de"), teller().name_of)
    assert said == "die Kundenstufe ist silver, nicht gold oder platinum; und owner ist leer, nicht 77"


def test_a_reason_that_somebody_wrote_stays_as_it_is() -> None:
    assert reason_words("waived: Christmas {party}", texts_of("de"), teller().name_of) == "erlassen: Christmas {party}"
    assert reason_words("anything else", texts_of("de"), teller().name_of) == "anything else"


def test_who_changed_something_is_said_in_words() -> None:
    undone = Withdrawal(at("11-23 14:00"), at("11-23 15:00"), "the priority became LOW", "CRM_UI")
    cycle = RUNNING.cycle._replace(withdrawn=(undone,))
    details = teller().clock(Verdict.of_one(RUNNING.clock, cycle)).details
    assert details[-1].endswith("excused Mon, Nov 23, 2026, 15:00 UTC: the priority became LOW by hand in HubSpot")


@pytest.mark.parametrize(
    ("mark", "nth", "words"),
    [
        (Mark(Side.SHARE, 75), 1, "75% of the time used"),
        (Mark(Side.BEFORE, span=Span(30 * 60_000)), 1, "30 minutes before it is due"),
        (Mark(Side.BREACH), 1, ""),
        (Mark(Side.AFTER, span=Span(0, 1)), 1, "1 business day late"),
        (Mark(Side.AFTER, span=Span(4 * HOUR), every=Span(4 * HOUR), times=5), 3, "12 hours late"),
    ],
)
def test_a_place_on_a_ladder_has_words(mark: Mark, nth: int, words: str) -> None:
    assert place_on_ladder(mark, nth, texts_of("en")) == words


def test_a_note_is_a_short_table_in_which_nothing_of_a_stranger_is_markup() -> None:
    row = ClockText("<b>Zeit</b>", Standing.LATE, "a & b", "<script>")
    html = note_html("<i>", ["Acme <b>"], Story((row,) * (MOST_ROWS + 2), ("x" * 5000,)), texts_of("en"))
    assert "<script>" not in html
    assert "&lt;b&gt;Zeit&lt;/b&gt;" in html
    assert html.count("<tr>") == MOST_ROWS + 1
    assert "and 2 more" in html
    assert len(html) < 65_536


def test_a_paused_clock_says_that_its_due_date_moves() -> None:
    paused = judged(ticket(("11-23 11:00", Role.WAITING)), always(4), "11-23 13:00")
    assert teller().clock(paused).state == "paused; the due date moves with the pause"


def test_a_ticket_without_any_promise_says_so_once() -> None:
    nothing = Verdict.of_one(LATE.clock, Cycle(status=Status.NO_SLA, reason="no policy matches"))
    told = teller(tier="").story([nothing, nothing], "")
    assert as_text(told, texts_of("en")).splitlines() == [
        "Resolution: no policy applies to this ticket.",
        "",
        "Details",
        "Customer tier: none",
    ]


def test_every_remark_about_who_a_task_is_for_has_its_translation() -> None:
    people = (People(), People(any_lead="1"))
    chosen = {each.chosen(to, owner_id)[1] for each in people for to in (OWNER, LEAD) for owner_id in (None, "2")}
    assert chosen - {""} == set(REMARKS)
    assert (OWNER_REFUSED.for_lead, OWNER_REFUSED.for_nobody) == REFUSALS
