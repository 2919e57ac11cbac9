"""What an answer of a channel means, and that its address is told to nobody."""

from __future__ import annotations

import io
import pickle
import socket
import threading
from functools import partial

import pytest

from channels.receivers import PATIENCE_S, Answer
from hubspot_sla.bounded_http import Bounds
from hubspot_sla.channels.http_post import LONGEST_WAIT_S, Poster
from hubspot_sla.channels.outcome import Delivered, Refused, TryLater, Unknown
from hubspot_sla.channels.secret import Secret
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.context.settings import from_environment
from hubspot_sla.ops.logs import logging_to
from raw_servers import Ticking, endless, server

PATH = "/services/T000/B000/XXXXSECRETXXXX"


@pytest.fixture
def post(receiver):
    def send(path: str = PATH, timeout: tuple[float, float] = (3.0, 5.0)):
        poster = Poster(Secret(receiver.url + path), timeout)
        outcome = poster.post(b"{}")
        poster.close()
        return outcome

    return send


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_success_is_delivery(receiver, post, status: int) -> None:
    receiver.answers(PATH, Answer(status, body=b""))
    assert post() == Delivered()


@pytest.mark.parametrize(("status", "gone"), [(400, False), (403, False), (413, False), (404, True), (410, True)])
def test_a_refusal_is_told_with_its_words_and_whether_the_target_is_gone(receiver, post, status, gone) -> None:
    receiver.answers(PATH, Answer(status, body=b"no_service\n"))
    assert post() == Refused(f"HTTP {status} (no_service)", gone=gone)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_trouble_on_the_other_side_is_for_later(receiver, post, status: int) -> None:
    receiver.answers(PATH, Answer(status, body=b""))
    assert post() == TryLater(f"HTTP {status}")


@pytest.mark.parametrize(
    ("header", "after_s"), [("30", 30.0), ("0", 0.0), ("999999", LONGEST_WAIT_S), ("soon", None), ("-1", None)]
)
def test_a_target_is_left_alone_as_long_as_it_asks(receiver, post, header: str, after_s: float | None) -> None:
    receiver.answers(PATH, Answer(429, {"Retry-After": header}, b""))
    assert post() == TryLater("HTTP 429", after_s)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(receiver, post, status: int) -> None:
    receiver.answers(PATH, Answer(status, {"Location": f"{receiver.url}/elsewhere"}, b""))
    outcome = post()
    assert isinstance(outcome, Refused)
    assert "redirects" in outcome.reason
    assert [got.path for got in receiver.received] == [PATH]


def test_a_cut_connection_leaves_the_outcome_unknown(receiver, post) -> None:
    receiver.answers(PATH, Answer(reset=True))
    assert isinstance(post(), Unknown)


def test_an_answer_that_does_not_come_leaves_the_outcome_unknown(receiver, post) -> None:
    given_up = threading.Event()
    receiver.answers(PATH, Answer(before=partial(given_up.wait, PATIENCE_S)))
    outcome = post(timeout=(3.0, 0.05))
    given_up.set()
    assert outcome == Unknown("it did not answer in time")


DRIPPING = {
    "header": endless(b"a", head=b"HTTP/1.1 200 OK\r\nX-Slow: "),
    "status line": endless(b"H", head=b""),
}


@pytest.mark.parametrize("what", DRIPPING)
def test_an_answer_that_drips_is_given_up_at_the_deadline(what: str) -> None:
    with server(DRIPPING[what]) as url:
        poster = Poster(Secret(url), bounds=Bounds(10.0, monotonic=Ticking()))
        assert poster.post(b"{}") == Unknown("it did not answer in time")
        poster.close()


@pytest.mark.parametrize(("status", "outcome"), [("200 OK", Delivered()), ("400 No", Refused("HTTP 400 (aaa"))])
def test_of_an_answer_without_end_the_beginning_is_enough(status: str, outcome: Delivered | Refused) -> None:
    with server(endless(b"a", head=f"HTTP/1.1 {status}\r\n\r\n".encode())) as url:
        poster = Poster(Secret(url))
        got = poster.post(b"{}")
        poster.close()
    assert type(got) is type(outcome)
    assert getattr(got, "reason", "").startswith(getattr(outcome, "reason", ""))


@pytest.mark.parametrize("url", ["https://s3cret..example/x", "https://" + "s3cret" * 20 + ".example/"])
def test_an_address_that_no_name_server_can_be_asked_for_is_no_traceback(url: str) -> None:
    outcome = Poster(Secret(url)).post(b"{}")
    assert isinstance(outcome, TryLater)
    assert "s3cret" not in outcome.reason


def test_where_nobody_listens_nothing_was_sent() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        poster = Poster(Secret(f"http://127.0.0.1:{unheard.getsockname()[1]}{PATH}"))
        assert poster.post(b"{}") == TryLater("it cannot be reached")
        poster.close()


@pytest.mark.parametrize("answer", [Answer(400), Answer(410), Answer(500), Answer(302), Answer(reset=True)])
def test_no_outcome_tells_the_address(receiver, post, answer: Answer) -> None:
    answer.body = f"no such hook: {receiver.url}{PATH} or {PATH}".encode()
    receiver.answers(PATH, answer)
    outcome = post()
    assert "SECRET" not in str(outcome)
    assert "T000" not in repr(outcome)


def test_no_netrc_adds_a_password(receiver, post, monkeypatch, tmp_path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    post()
    assert "Authorization" not in receiver.received[0].headers


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/x",
        "example.com/SECRET",
        "https://",
        "http://example.com/SECRET",
        "https://[::1/SECRET",
        "https://example.com:SECRET/",
    ],
)
def test_an_address_that_cannot_be_right_is_refused_without_being_told(url: str) -> None:
    with pytest.raises(UsageProblem) as refused:
        Poster(Secret(url))
    assert "SECRET" not in f"{refused.value} {refused.value.remedy}"


def test_a_secret_is_shown_and_pickled_nowhere() -> None:
    secret = Secret(f" https://hooks.example.com{PATH}?sig=abc \n")
    assert secret.reveal() == f"https://hooks.example.com{PATH}?sig=abc"
    assert "SECRET" not in f"{secret} {secret!r} {[secret]}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_a_secret_is_taken_out_of_other_peoples_words() -> None:
    secret = Secret("smtps://me:hunter2@mail.example.com/in")
    told = secret.redact("smtps://me:hunter2@mail.example.com/in said no to hunter2")
    assert "hunter2" not in told


def test_a_library_that_quotes_the_address_in_its_log_is_not_heard_saying_it() -> None:
    stream = io.StringIO()
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}{PATH}?token=XXXXQUERYXXXX"

        def answer() -> None:
            client, _ = server.accept()
            with client:
                client.recv(65_536)
                client.sendall(b"HTTP/1.1 200 OK\r\nnot a header\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        settings = from_environment(
            {"HUBSPOT_TOKEN": "pat-eu1-00000000-0000-0000-0000-000000000000", "ONCALL_URL": url}
        )
        with logging_to(stream, redact=settings.redactor):
            assert Poster(Secret(url)).post(b"{}") == Delivered()
    assert "parse headers" in stream.getvalue()
    assert "XXXX" not in stream.getvalue()
