"""Every line says which run it is of, and none says a secret."""

from __future__ import annotations

import io
import json
import logging
import threading
import warnings

from hubspot_sla.ops.logs import JsonLines, logging_to

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


def test_what_python_itself_would_say_is_a_line_like_any_other() -> None:
    stream = io.StringIO()
    with logging_to(stream, context=context, redact=clean), warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("s3cret is old", UserWarning, stacklevel=1)
        thread = threading.Thread(target=int, args=("s3cret",), name="courier")
        thread.start()
        thread.join()
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert "… is old" in first["message"]
    assert second["level"] == "error"
    assert "courier" in second["message"]
    assert "ValueError" in second["traceback"]
    assert "s3cret" not in stream.getvalue()


def test_a_line_is_json_whatever_it_says_and_however_the_stream_is_encoded() -> None:
    odd = "Müller \u2028 \ud83d \x85 \x1b[31m"
    for encoding in ("utf-8", "ascii", "latin-1"):
        raw = io.BytesIO()
        stream = io.TextIOWrapper(raw, encoding, errors="backslashreplace")
        with logging_to(stream, context=context):
            ours.warning("%s", odd)
        (line,) = raw.getvalue().splitlines()
        assert json.loads(line)["message"] == odd
        assert len(line.decode(encoding).splitlines()) == 1


def test_what_cannot_be_put_into_words_is_a_line_all_the_same() -> None:
    record = logging.LogRecord("odd", logging.WARNING, "", 0, "%d tickets of s3cret", ("many",), None)
    assert json.loads(JsonLines(context, clean).format(record))["message"] == "%d tickets of … ('many',)"


def test_at_a_terminal_nothing_a_ticket_says_moves_the_cursor_or_looks_like_another_line() -> None:
    stream = Terminal()
    with logging_to(stream, context=context):
        ours.warning("subject \x1b[2J\r\n2026-11-23 12:00:00,000 INFO    all is well")
    first, second = stream.getvalue().splitlines()
    assert first.endswith("subject \\x1b[2J\\r")
    assert second.startswith("    2026")


def test_python_is_left_as_it_was() -> None:
    before = warnings.showwarning, threading.excepthook
    with logging_to(io.StringIO()):
        assert threading.excepthook is not before[1]
    assert (warnings.showwarning, threading.excepthook) == before
