"""Reports that are sent by themselves: to whom portal.yaml says, once for each period, whatever dies in between."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import orjson
import pytest

from channels.receivers import Postmaster, Receiver, mail_server
from hubspot_sla.clock.verdict import Status
from hubspot_sla.errors import NotYetPossible, UsageProblem
from hubspot_sla.flows.context.context import Context, connected
from hubspot_sla.flows.context.failpoints import Failpoint
from hubspot_sla.flows.context.run_result import NOTHING
from hubspot_sla.flows.context.settings import Settings
from hubspot_sla.flows.reporting.subscribed import is_business_day, next_business_day, period_due
from hubspot_sla.flows.runs.subscribed_reports import report_daily, report_monthly, report_weekly
from hubspot_sla.hubspot.credentials import Token
from hubspot_sla.ledger import audit_verification, held_notices, names, outbox, runs, state
from hubspot_sla.ledger.database import open_for_writing
from hubspot_sla.ledger.names import Named
from hubspot_sla.policy.calendar_from_values import calendar_from_entry
from hubspot_sla.policy.loader import load
from hubspot_sla.policy.subscriptions import Role
from reporting import ledgers
from reporting.ledgers import Row, at, in_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import EmailMessage

MONDAY = "2026-11-02T07:00:00+00:00"
HOSTILE = "<script>alert(1)</script>\r\nBcc: everybody@example.com שלום 🚀"
CHANNELS = """
channels:
  leads: {email: {to: [anna@acme.example]}}
  board: {email: {to: [board@acme.example]}}
  chat: {slack: {url_env: CHAT_URL}}

ladders:
"""
PORTAL = """
report:
  timezone: Europe/Berlin
  unsubscribe: "https://acme.example/no-more"
  subscriptions:
    leads: {role: lead, channel: leads, when: {not: {customer: Globex}}, files: []}
    managers: {role: manager, channel: board, files: [xlsx, json]}
    board: {role: executive, channel: board, files: []}
    chat: {role: executive, channel: chat, files: []}
"""
ROWS = [
    Row("1", Status.BREACHED, "2026-10-30T10:00:00+00:00", who={"company_id": "51"}),
    Row("2", Status.MISSED, "2026-10-28T10:00:00+00:00", "2026-10-28T11:00:00+00:00", who={"company_id": "51"}),
    *(Row(f"3{n}", Status.MET, f"2026-10-{n:02}", f"2026-10-{n - 1:02}") for n in range(2, 30)),
    Row("4", Status.RUNNING, "2026-11-03T10:00:00+00:00", who={"company_id": "51"}),
    Row("5", Status.RUNNING, "2026-11-04T10:00:00+00:00", who={"company_id": "51"}),
    Row("6", Status.RUNNING, "2026-11-03T11:00:00+00:00", who={"company_id": "52"}),
]
JOBS = (report_daily, report_weekly, report_monthly)


@dataclass(frozen=True, slots=True)
class At(Context):
    """At an instant that the test names."""

    instant: int = 0

    def now(self) -> int:
        return self.instant


@dataclass
class Desk:
    """A ledger of October, on Monday, 2 November, after a sync in the morning."""

    folder: Path
    variables: dict[str, str]

    @contextmanager
    def context(self, instant: str = MONDAY, **more: object) -> Iterator[Context]:
        settings = Settings(
            Token("pat-eu1-0000"), ledger=self.ledger, reports=self.folder / "reports", variables=self.variables
        )
        with open_for_writing(self.ledger) as ledger, connected(settings) as portal:
            with ledger.transaction() as db:
                outbox.release_interrupted(db, at(instant), {})  # as any sync begins
            yield At(settings, ledger, portal, instant=at(instant), **more)  # type: ignore[arg-type]

    def run(self, job: Callable[[Context], object], instant: str = MONDAY, **more: object) -> object:
        with self.context(instant, **more) as context:
            done = job(context)
            audit_verification.require_whole(context.ledger.db)
            return done

    def synced(self, instant: str) -> None:
        with open_for_writing(self.ledger) as ledger, ledger.transaction() as db:
            runs.begin(db, instant, "sync", at(instant) - 1)
            runs.end(db, instant, at(instant), {})

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger.db"

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with open_for_writing(self.ledger) as ledger:
            return [tuple(row) for row in ledger.db.execute(query)]


@pytest.fixture
def postmaster() -> Postmaster:
    return Postmaster()


@pytest.fixture(scope="module")
def october(tmp_path_factory: pytest.TempPathFactory) -> Path:
    texts = dict(ledgers._mappings("", "")[0])
    texts["portal.yaml"] += PORTAL
    texts["escalations.yaml"] = texts["escalations.yaml"].replace("\nladders:\n", CHANNELS)
    path = in_file(tmp_path_factory.mktemp("october") / "ledger.db", ROWS, texts=texts)
    with open_for_writing(path) as ledger, ledger.transaction() as db:
        state.write(db, state.GO_LIVE, at("2026-09-01"))
        names.remember(db, Named.COMPANY, {"51": HOSTILE, "52": "Globex"}, 0)
        runs.begin(db, "morning", "sync", at(MONDAY) - 1)
        runs.end(db, "morning", at(MONDAY), {})
    return path


@pytest.fixture
def desk(tmp_path: Path, october: Path, postmaster: Postmaster) -> Iterator[Desk]:
    shutil.copy(october, tmp_path)
    with mail_server(postmaster) as port:
        yield Desk(tmp_path, {"SLA_SMTP_URL": f"smtp://127.0.0.1:{port}", "SLA_SMTP_FROM": "sla@acme.example"})


def sent(postmaster: Postmaster) -> list[EmailMessage]:
    return [message_from_bytes(letter.content, policy=default) for letter in postmaster.letters]


def parts(letter: EmailMessage) -> tuple[str, str]:
    """Text and page."""
    assert letter.get_content_type() == "multipart/alternative"
    text, page = letter.iter_parts()
    assert (text.get_content_type(), page.get_content_type()) == ("text/plain", "text/html")
    return text.get_content().replace("\r\n", "\n"), page.get_content()


def test_each_role_gets_its_report_once(desk: Desk, postmaster: Postmaster) -> None:
    receiver = Receiver()
    desk.variables["CHAT_URL"] = f"{receiver.url}/chat"
    done = [desk.run(job) for job in JOBS]
    assert done == [
        "reports: leads_2026-11-02, 1 sent",
        "reports: managers_2026-W44, 1 sent",
        "reports: board_2026-10, chat_2026-10, 2 sent",
    ]
    assert [desk.run(job) for job in JOBS] == [NOTHING] * 3
    letters = sent(postmaster)
    assert [(letter["To"], letter["Subject"].strip()) for letter in letters] == [
        ("anna@acme.example", "Nov 2, 2026: 1 promise is late. 1 more comes due next."),
        ("board@acme.example", "Oct 26, 2026 – Nov 1, 2026: 66.7% of 6 promises kept."),
        ("board@acme.example", "October 2026: 93.3% of 30 promises kept."),
    ]
    assert letters[0]["List-ID"] == "<leads.acme.example>"
    assert letters[0]["List-Unsubscribe"] == "<https://acme.example/no-more>"
    (chat,) = receiver.of("/chat")
    receiver.close()
    assert chat.json["text"] == "Service levels, October 2026 - October 2026: 93.3% of 30 promises kept."
    assert sorted(path.name for path in (desk.folder / "reports").iterdir()) == [
        "managers_2026-W44.json",
        "managers_2026-W44.xlsx",
    ]
    assert (desk.folder / "reports").stat().st_mode & 0o077 == 0
    document = orjson.loads((desk.folder / "reports/managers_2026-W44.json").read_bytes())
    assert [row["team"] for row in document["tables"]["groups"]] == ["none"]
    query = "select json_extract(body, '$.key'), json_extract(body, '$.channel') from audit where kind = 'report'"
    assert desk.rows(f"{query} order by seq") == [
        ("report:leads:2026-11-02", "leads"),
        ("report:managers:2026-W44", "board"),
        ("report:board:2026-10", "board"),
        ("report:chat:2026-10", "chat"),
    ]
    assert desk.rows("select count(*) from outbox where body like '%script%' or body like '%Acme%'") == [(0,)]


def test_a_lead_reads_what_is_late_and_what_comes_due_and_strangers_write_no_markup(
    desk: Desk, postmaster: Postmaster
) -> None:
    desk.run(report_daily)
    (letter,) = sent(postmaster)
    assert letter["Bcc"] is None
    text, page = parts(letter)
    late, coming = text.partition("Late and still open\n---")[2].split("\nDue next\n---")
    assert "* 1\n" in late
    assert "<script>alert(1)</script>" in late
    assert "late since Oct 30" in late
    assert "https://app.hubspot.com/contacts/145000001/record/0-5/1" in late
    assert "* 4\n" in coming
    assert "* 5\n" not in coming  # after the next business day
    assert "* 6\n" not in coming  # of another customer
    assert "Due next: by the end of Nov 3, 2026" in text
    assert max(map(len, text.splitlines())) < 200
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert 'style="' in page
    assert "src=" not in page
    assert "שלום 🚀" in page


def test_business_days_are_those_on_which_a_calendar_is_open() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    hours = {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
    office = calendar_from_entry("office", {"timezone": "Europe/Berlin", "hours": hours, "closed": ["2026-11-09"]})
    friday, saturday = date(2026, 11, 6), date(2026, 11, 7)
    assert [is_business_day(day, berlin, [office]) for day in (friday, saturday)] == [True, False]
    assert is_business_day(saturday, berlin, [])
    assert next_business_day(friday, berlin, [office]) == date(2026, 11, 10)


def test_leads_get_nothing_on_days_off() -> None:
    policy = "{id: all, kind: sla, when: {}, calendar: berlin, targets: {resolution: {default: 8h}}}"
    mappings = load({**ledgers._mappings("", "")[0], "policies.yaml": f"policies:\n  - {policy}\n"})
    days = ("2026-11-06", "2026-11-07", "2026-11-08", "2026-11-09")
    due = [period_due(Role.LEAD, at(f"{day}T07:00:00+00:00"), mappings) for day in days]
    assert [None if period is None else period.start.isoformat() for period in due] == [days[0], None, None, days[3]]


def test_a_report_waits_for_a_sync_that_is_younger_than_its_period_and_is_made_up_for(
    desk: Desk, postmaster: Postmaster
) -> None:
    tuesday = "2026-11-10T07:00:00+00:00"
    with pytest.raises(NotYetPossible, match="waits for a sync: the last sync ended at 2026-11-02"):
        desk.run(report_weekly, tuesday)
    desk.synced(tuesday)
    assert desk.run(report_weekly, tuesday) == "reports: managers_2026-W45, 1 sent"
    assert sent(postmaster)[0]["Subject"].strip() == "Nov 2, 2026 – Nov 8, 2026: no promise came due."


def test_a_lead_gets_the_report_of_the_day_once_a_sync_of_it_has_ended_and_only_that_day(
    desk: Desk, postmaster: Postmaster
) -> None:
    for hour in ("06:30", "06:35", "08:40"):
        with pytest.raises(NotYetPossible, match="waits for a sync"):
            desk.run(report_daily, f"2026-11-03T{hour}:00+01:00")
    desk.synced("2026-11-03T09:00:00+01:00")
    assert desk.run(report_daily, "2026-11-03T09:20:00+01:00") == "reports: leads_2026-11-03, 1 sent"
    assert desk.run(report_daily, "2026-11-03T10:00:00+01:00") is NOTHING
    with pytest.raises(NotYetPossible, match="of 2026-11-04 waits"):
        desk.run(report_daily, "2026-11-04T06:30:00+01:00")
    assert len(sent(postmaster)) == 1


def test_nothing_is_sent_of_a_time_before_go_live(desk: Desk, postmaster: Postmaster) -> None:
    with open_for_writing(desk.ledger) as ledger, ledger.transaction() as db:
        state.write(db, state.GO_LIVE, at("2026-11-02T06:00:00+00:00"))
    assert [desk.run(job) for job in JOBS] == ["reports: leads_2026-11-02, 1 sent", NOTHING, NOTHING]


def test_a_folder_that_cannot_be_written_is_said_and_the_mail_goes_all_the_same(
    desk: Desk, postmaster: Postmaster
) -> None:
    (desk.folder / "reports").write_text("a file")
    with pytest.raises(UsageProblem, match="cannot write"):
        desk.run(report_weekly)
    assert len(postmaster.letters) == 1
    (desk.folder / "reports").unlink()
    assert desk.run(report_weekly) == "reports: managers_2026-W44"
    assert len(postmaster.letters) == 1


def test_a_subscription_that_is_gone_before_its_report_was_sent_is_refused(desk: Desk, postmaster: Postmaster) -> None:
    mail, desk.variables = desk.variables, {}
    assert desk.run(report_weekly) == "reports: managers_2026-W44"  # the mail server is not known yet
    with open_for_writing(desk.ledger) as ledger, ledger.transaction() as db:
        db.execute("update outbox set body = json_set(body, '$.name', 'former')")
    desk.variables = mail
    desk.run(report_daily)
    assert len(postmaster.letters) == 1
    assert desk.rows("select state, reason from outbox where key = 'report:managers:2026-W44'") == [
        ("refused", "portal.yaml names no subscription former any more")
    ]


def test_after_a_backup_was_restored_what_may_have_been_sent_before_is_held(desk: Desk, postmaster: Postmaster) -> None:
    with open_for_writing(desk.ledger) as ledger, ledger.transaction() as db:
        held_notices.hold(db, at(MONDAY) - 1)
    desk.run(report_weekly)
    assert postmaster.letters == []
    assert desk.rows("select state, reason from outbox") == [("withdrawn", held_notices.REASON)]


class Died(BaseException):
    """As a process that is killed: nothing after it happens."""


def test_a_worker_that_dies_between_two_steps_sends_it_once_all_the_same(desk: Desk, postmaster: Postmaster) -> None:
    def dies_at(point: Failpoint) -> Callable[[Failpoint], None]:
        def reached(passed: Failpoint) -> None:
            if passed is point:
                raise Died

        return reached

    for point in (Failpoint.JUDGED, Failpoint.RECORDED):
        with pytest.raises(Died):
            desk.run(report_weekly, reached=dies_at(point))
    assert postmaster.letters == []
    desk.run(report_weekly)
    desk.run(report_daily)
    assert sorted(letter["To"] for letter in sent(postmaster)) == ["anna@acme.example", "board@acme.example"]


class Murderer(Postmaster):
    """Takes the letter, and kills who brought it before it hears so."""

    bringer: subprocess.Popen[bytes] | None = None

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)  # type: ignore[arg-type]
        if self.bringer is not None:
            os.kill(self.bringer.pid, signal.SIGKILL)
            self.bringer.wait()
            self.bringer = None
        return answer


KILLED = """
import sys
from pathlib import Path
from hubspot_sla.flows.runs.subscribed_reports import report_daily
from reporting.test_subscriptions import Desk
desk = Desk(Path(sys.argv[1]), {"SLA_SMTP_URL": sys.argv[2], "SLA_SMTP_FROM": "sla@acme.example"})
desk.run(report_daily)
"""


def test_a_worker_killed_before_it_heard_the_answer_sends_the_same_letter_again_and_then_no_more(desk: Desk) -> None:
    murderer = Murderer()
    with mail_server(murderer) as port:
        desk.variables["SLA_SMTP_URL"] = url = f"smtp://127.0.0.1:{port}"
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        command = [sys.executable, "-c", KILLED, str(desk.folder), url]
        with subprocess.Popen(command, env=environment) as process:
            murderer.bringer = process
            assert process.wait(60) == -signal.SIGKILL
        for _ in range(2):
            desk.run(report_daily)
            desk.run(report_weekly)
    letters = sent(murderer)
    assert len(letters) == 3
    first, second = (letter for letter in letters if letter["To"] == "anna@acme.example")
    assert first.as_bytes() == second.as_bytes()
    assert desk.rows("select distinct state from outbox") == [("confirmed",)]
