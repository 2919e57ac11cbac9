"""What is wrong before the worker starts is found before it starts, at its line and with its remedy; what goes wrong
while it runs stops nothing else, and shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from channels.receivers import Answer, Receiver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.conftest import Command, Ended
    from flows.world import World

LADDER = """\
leads:
  default: mara.lindqvist@support.example
channels:
  oncall: {slack: {url_env: ONCALL_URL}, title: "{policy}: {subject}"}
ladders:
  loud:
    rungs:
      - {at: breach, do: [{task: owner}, {notify: oncall}]}
      - {at: +1h, do: [{set: {hs_ticket_priority: URGENT}}]}
"""


@pytest.fixture
def slack() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def climbing(world: World, text: str = LADDER) -> None:
    """Every policy climbs this ladder."""
    (world.folder / "mappings" / "escalations.yaml").write_text(text, encoding="utf-8")
    world.edit(
        "policies.yaml",
        lambda of: (
            of if "loud" in of else of.replace("    calendar: always\n", "    calendar: always\n    ladder: loud\n")
        ),
    )


def failures(doctor: Ended) -> list[dict[str, str]]:
    told = doctor.json
    assert isinstance(told, dict)
    return [one for one in told["findings"] if one["level"] == "fail"]


def lines(status: Ended) -> dict[str, str]:
    rows = (line.split("\t") for line in status.out.splitlines())
    return {row[0]: row[1] for row in rows if len(row) > 1}


def test_somebody_who_is_no_owner_is_found_by_check_against_the_portal_and_by_the_doctor(
    empty: World, sla: Command
) -> None:
    climbing(empty, LADDER.replace("{task: owner}", "{task: gohst@support.example}"))
    assert sla("check").code == 0, "who is an owner only HubSpot knows"
    checked = sla("check", "--portal")
    assert checked.code == 2
    assert "escalations.yaml:8:34: the portal has no owner 'gohst@support.example'" in checked.err
    (found,) = failures(sla("doctor", "--json", ONCALL_URL="https://hooks.example/1"))
    assert found["check"] == "people"
    assert found["message"].startswith("escalations.yaml:8:34: ")
    assert "e-mail or by owner id" in found["remedy"]
    assert sla("setup").code == 2, "and nothing goes live with it"


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (
            "default: mara.lindqvist@support.example",
            "a@support.example: b@support.example\n  b@support.example: a@support.example",
            "escalations.yaml:2:3: the leads go in a circle: a@support.example -> b@support.example -> a@support",
        ),
        (
            "{subject}",
            "{subjct}",
            "escalations.yaml:4:49: the template has no field 'subjct' (did you mean 'subject'?)",
        ),
    ],
    ids=["leads in a circle", "a template with an unknown field"],
)
def test_what_the_file_itself_gets_wrong_is_found_offline_and_keeps_the_mappings_in_force(
    live: World, sla: Command, old: str, new: str, place: str
) -> None:
    climbing(live)
    assert sla("sync").code == 0
    in_force = live.rows("select version from policy_versions order by effective_at")
    climbing(live, LADDER.replace(old, new))
    checked = sla("check")
    assert checked.code == 2
    assert place in checked.err
    (found,) = failures(sla("doctor", "--json"))
    assert found["check"] == "mappings"
    assert found["remedy"]
    assert sla("sync").code == 2
    assert live.rows("select version from policy_versions order by effective_at") == in_force
    assert "by the mappings before the last edit, which is refused" in sla("status").out


def test_leads_in_a_circle_by_e_mail_and_id_are_found_against_the_portal(empty: World, sla: Command) -> None:
    circle = '"3002": mara.lindqvist@support.example\n  "3001": "3002"'
    climbing(empty, LADDER.replace("default: mara.lindqvist@support.example", circle))
    checked = sla("check", "--portal")
    assert checked.code == 2
    assert "escalations.yaml:2:3: the leads go in a circle" in checked.err


def test_a_webhook_that_answers_410_fails_its_rung_and_no_other_and_shows_everywhere(
    live: World, sla: Command, slack: Receiver
) -> None:
    slack.always("/oncall", Answer(410, body=b"channel_is_archived"))
    known = {"ONCALL_URL": f"{slack.url}/oncall"}
    climbing(live)
    assert sla("sync", **known).code == 0
    live.advance(minutes=1)
    ticket = live.ticket(hs_ticket_priority="HIGH", hubspot_owner_id="3002")
    live.advance(minutes=61)
    assert sla("sync", **known).code == 0
    assert live.tasks()[ticket], "the other thing that the rung asks for is done"

    told = lines(sla("status"))
    assert told["rungs"].endswith(" 1 failed")
    assert re.fullmatch(rf"ticket {ticket}, loud breach: oncall was not notified: .*410.*", told["last failed rung"])
    assert re.match("0 notices waiting; gone: .*410", told["channel oncall"])

    (found,) = failures(sla("doctor", "--json", **known))
    assert found["check"] == "channels"
    assert re.match(r"escalations.yaml:4:3: the channel oncall is gone: .*410", found["message"])
    assert "sla notify oncall" in found["remedy"]
    assert sla("notify", "oncall", **known).code == 1
    assert failures(sla("doctor", "--json", ONCALL_URL=f"{slack.url}/other")) == [], "another address deserves a try"

    live.advance(minutes=61)
    assert sla("sync", **known).code == 0
    assert live.portal.read("tickets", ticket)["hs_ticket_priority"] == "URGENT", "the next rung fires"


def test_a_channel_that_fails_for_now_keeps_its_notices_and_is_a_warning(
    live: World, sla: Command, slack: Receiver
) -> None:
    slack.always("/oncall", Answer(503))
    known = {"ONCALL_URL": f"{slack.url}/oncall"}
    climbing(live)
    assert sla("sync", **known).code == 0
    live.advance(minutes=1)
    live.ticket(hs_ticket_priority="HIGH", hubspot_owner_id="3002")
    live.advance(minutes=61)
    assert sla("sync", **known).code == 0
    assert re.match("1 notice waiting; failing: .*503.*, next try in ", lines(sla("status"))["channel oncall"])
    doctor = sla("doctor", **known)
    assert doctor.code == 0
    assert re.search(r"^warn\tchannels\tescalations.yaml:4:3: the channel oncall is failing: .*503", doctor.out, re.M)


def test_a_channel_whose_variable_is_not_set_or_no_address_is_found_before_anything_is_sent(
    live: World, sla: Command
) -> None:
    climbing(live)
    (found,) = failures(sla("doctor", "--json"))
    assert found["message"].startswith("escalations.yaml:4:3: the channel oncall needs the variable ONCALL_URL")
    assert found["remedy"] == "put ONCALL_URL=... into .env"
    (found,) = failures(sla("doctor", "--json", ONCALL_URL="hooks.example"))
    assert found["message"].startswith("escalations.yaml:4:3: ")
    assert "hooks.example" not in found["message"], "an address is a secret"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ('"""Ours."""\n\nimport no_such_module_anywhere\n', 3, "ModuleNotFoundError: No module named"),
        ("def run(parts):\n    return (\n", 2, "SyntaxError"),
        (
            "def when(scheduler):\n    return scheduler.every(1).fortnights\n\ndef run(parts):\n    pass\n",
            2,
            "when() f",
        ),
    ],
    ids=["raises at import", "is no Python", "has no schedule"],
)
def test_a_job_file_that_cannot_be_run_is_found_at_its_line_and_the_others_are_listed(
    live: World, sla: Command, text: str, line: int, reason: str
) -> None:
    (live.folder / "jobs" / "ours.py").write_text(text, encoding="utf-8")
    (found,) = failures(sla("doctor", "--json"))
    assert found["check"] == "jobs"
    assert found["message"].startswith(f"{live.folder / 'jobs' / 'ours.py'}:{line}: cannot be run: {reason}")
    assert "take it out of the folder" in found["remedy"]
    listed = sla("jobs")
    assert listed.code == 2
    assert f"ours.py:{line}: {reason}" in listed.out
    assert re.search("^sync\t", listed.out, re.M)


def test_a_job_that_raises_as_it_runs_shows_in_the_status_with_its_reason(live: World, sla: Command) -> None:
    text = "def when(scheduler):\n    return scheduler.every().hour\n"
    text += "def run(parts):\n    raise OSError('no printer')\n"
    (live.folder / "jobs" / "ours.py").write_text(text, encoding="utf-8")
    assert sla("run", "ours").code == 2
    assert re.search("^ours\t.*\texit 1: OSError: no printer in .*ours.py:4", sla("status").out, re.M)


@pytest.mark.parametrize("job", ["sync", "watch", "deliver"])
def test_a_jobs_folder_without_what_the_worker_cannot_do_without_is_worth_a_second_look(
    live: World, sla: Command, job: str
) -> None:
    (live.folder / "jobs" / f"{job}.py").unlink()
    assert re.search(f"^warn\tjobs\twithout {job}\t.*sla init", sla("doctor").out, re.M)


@pytest.mark.parametrize(
    ("name", "value"), [("SLA_METRICS", "nine"), ("SLA_HEARTBEAT_URL", "hc-ping.example/s3cret"), ("SLA_LOG", "xml")]
)
def test_a_setting_that_the_worker_would_refuse_is_found_before(
    live: World, sla: Command, name: str, value: str
) -> None:
    (found,) = failures(sla("doctor", "--json", **{name: value}))
    assert found["check"] == "operation"
    assert name in found["message"]
    assert found["remedy"]
    assert "s3cret" not in found["message"]
