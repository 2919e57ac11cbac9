"""Every line says which run it is of, and none says a secret."""

from __future__ import annotations

import io
import json
import logging

from hubspot_sla.ops.logs import logging_to

ours = logging.getLogger("hubspot_sla.anything")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def clean(text: str) -> str:
    return text.replace("s3cret", "…")


def context() -> dict[str, str]:
    return {"run": "abc", "job": "sync", "correlation_id": "c-1"}


def test_elsewhere_than_at_a_terminal_a_line_is_a_json_object_with_run_and_correlation_id() -> None:
    stream = io.StringIO()
    with logging_to(stream, context=context, redact=clean):
        ours.info("job %s: %s", "sync", "s3cret done")
        try:
            int("s3cret")
        except ValueError:
            ours.exception("odd")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first | {"at": ""} == {
        "at": "",
        "level": "info",
        "logger": "hubspot_sla.anything",
        "message": "job sync: … done",
        "run": "abc",
        "job": "sync",
        "correlation_id": "c-1",
    }
    assert second["traceback"].endswith("invalid literal for int() with base 10: '…'")
    assert "s3cret" not in stream.getvalue()


def test_at_a_terminal_a_line_is_text_with_the_same_at_its_end() -> None:
    stream = Terminal()
    with logging_to(stream, context=context, redact=clean):
        ours.warning("s3cret")
    assert stream.getvalue().endswith("WARNING …  [run=abc job=sync correlation_id=c-1]\n")


def test_the_operator_s_choice_wins_over_the_guess() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    with logging_to(terminal, style="json"):
        ours.info("x")
    with logging_to(pipe, style="text"):
        ours.info("x")
    assert terminal.getvalue().startswith("{")
    assert "INFO    x" in pipe.getvalue()


def test_libraries_are_heard_from_warnings_on_and_ours_from_the_chosen_level_on() -> None:
    stream = io.StringIO()
    with logging_to(stream, style="text", level=logging.DEBUG):
        ours.debug("ours")
        logging.getLogger("urllib3").info("chatter")
        logging.getLogger("urllib3").warning("trouble")
    ours.error("afterwards")
    assert [line.split()[-1] for line in stream.getvalue().splitlines()] == ["ours", "trouble"]
