"""`mail.send` against a real SMTP server on the loopback interface."""

import asyncio
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from cellc.runtime.clock import SystemClock
from cellc.runtime.ports import Outcome, Permanent, Request, Result, Transient
from cellc.stdlib_effects.registry import StandardHandlers
from cellc.stdlib_effects.surroundings import Surroundings


@dataclass
class Post:
    """What a server has taken, and what it answers to a recipient and to a letter."""

    letters: list[Envelope] = field(default_factory=list)
    recipient: dict[str, str] = field(default_factory=dict)
    answer: str = "250 taken"
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 -- the name that aiosmtpd looks for
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self.recipient.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            self.letters.append(envelope)
        return self.answer

    def login(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"p@ss", handled=False)


@pytest.fixture
def post() -> Post:
    return Post()


def free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
        return port


async def all_gone() -> None:
    """Wait until every connection of this loop has ended: the controller would drop them half closed."""
    while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(tasks)
    for _ in range(3):  # the loop closes a socket in the round after
        await asyncio.sleep(0)


def stop(controller: Controller) -> None:
    asyncio.run_coroutine_threadsafe(all_gone(), controller.loop).result(30)
    controller.stop()


@pytest.fixture
def plain(post: Post) -> Iterator[str]:
    controller = Controller(post, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield f"127.0.0.1:{controller.port}"
    stop(controller)


@pytest.fixture
def certified(post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that asks for a password, after STARTTLS only, with a certificate that is trusted here."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    making = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        [*making, *subject, "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    controller = Controller(
        post,
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=context,
        authenticator=post.login,
        auth_required=True,
    )
    controller.start()
    yield f"localhost:{controller.port}"
    stop(controller)


LETTER = {"to": "a@example.com", "subject": "Grüße", "text": "Hallo\n"}


def send(url: str | None, key: str = "key", sender: str | None = "shop@example.org", **more: Any) -> Outcome:
    secrets = {name: value for name, value in (("SMTP_URL", url), ("MAIL_FROM", sender)) if value is not None}

    async def run() -> Outcome:
        handlers = StandardHandlers(Surroundings(SystemClock(), print, secret=secrets.get))
        handler = handlers.get("mail.send")
        assert handler
        try:
            return await handler.perform(Request("mail.send", {**LETTER, **more}, key, 1, 10))
        finally:
            await handlers.close()

    return asyncio.run(run())


def letter(post: Post, place: int = 0) -> EmailMessage:
    content = post.letters[place].content
    assert isinstance(content, bytes)
    read = message_from_bytes(content, policy=policy.default)
    assert isinstance(read, EmailMessage)
    return read


def test_a_letter_arrives_as_it_was_written(plain: str, post: Post):
    outcome = send(
        f"smtp://{plain}", to=["a@example.com", "b@example.com"], cc=["c@example.com"], reply_to="r@example.org"
    )
    assert outcome == Result(None)
    assert post.letters[0].mail_from == "shop@example.org"
    assert post.letters[0].rcpt_tos == ["a@example.com", "b@example.com", "c@example.com"]
    came = letter(post)
    assert (came["From"], came["To"], came["Cc"]) == (
        "shop@example.org",
        "a@example.com, b@example.com",
        "c@example.com",
    )
    assert (came["Reply-To"], came["Subject"]) == ("r@example.org", "Grüße")
    assert came["Date"]
    assert came.get_content().rstrip() == "Hallo"


def test_html_stands_beside_the_text(plain: str, post: Post):
    send(f"smtp://{plain}", html="<b>Hallo</b>")
    parts = [part.get_content_type() for part in letter(post).walk()]
    assert parts == ["multipart/alternative", "text/plain", "text/html"]


def test_a_letter_that_is_sent_again_has_the_same_id(plain: str, post: Post):
    for key in ("one", "one", "two > three\n"):
        assert send(f"smtp://{plain}", key=key) == Result(None)
    first, again, other = (letter(post, place)["Message-ID"] for place in range(3))
    assert first == again != other
    assert first.endswith("@example.org>")


def test_one_refused_address_means_no_letter_at_all(plain: str, post: Post):
    post.recipient["b@example.com"] = "550 unknown here"
    outcome = send(f"smtp://{plain}", to=["a@example.com", "b@example.com"])
    assert outcome == Permanent(f"{plain} answered 550: unknown here")
    assert post.letters == []


def test_what_the_server_puts_off_may_be_tried_again_and_did_not_happen(plain: str, post: Post):
    post.answer = "451 later"
    assert send(f"smtp://{plain}") == Transient(f"{plain} answered 451: later", unknown=False)


def test_no_server_is_known_not_to_have_taken_the_letter():
    outcome = send(f"smtp://127.0.0.1:{free_port()}")
    assert isinstance(outcome, Transient)
    assert not outcome.unknown


def test_a_server_that_dies_over_the_letter_leaves_it_unknown():
    """It says to go on with the letter, reads it, and closes the connection without a word."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            if line == b".\r\n":
                break
            word = line[:4].upper()
            if word in (b"EHLO", b"MAIL", b"RCPT"):
                writer.write(b"250 OK\r\n")
            elif word == b"DATA":
                writer.write(b"354 go on\r\n")
        writer.close()
        await writer.wait_closed()

    async def run() -> Outcome:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            return await asyncio.to_thread(send, f"smtp://127.0.0.1:{port}")

    outcome = asyncio.run(run())
    assert isinstance(outcome, Transient)
    assert outcome.unknown


def test_a_password_goes_over_tls(certified: str, post: Post):
    assert send(f"smtp://user:p%40ss@{certified}") == Result(None)
    assert post.logins == [(b"user", b"p@ss")]
    assert len(post.letters) == 1


def test_a_wrong_password_is_permanent_and_not_shown(certified: str):
    outcome = send(f"smtp://user:secret@{certified}")
    assert isinstance(outcome, Permanent)
    assert outcome.reason.startswith(f"{certified} answered 535: ")
    assert "secret" not in outcome.reason


def test_a_password_is_not_given_to_a_server_without_tls(plain: str, post: Post):
    outcome = send(f"smtp://user:secret@{plain}")
    assert isinstance(outcome, Permanent)
    assert "secret" not in outcome.reason
    assert (post.logins, post.letters) == ([], [])


@pytest.mark.parametrize("url", ["http://host", "smtp://", "smtp://user@host", "smtp://host:x", "host"])
def test_what_is_no_url_of_a_mail_server_is_told_without_showing_it(url: str):
    outcome = send(url)
    assert isinstance(outcome, Permanent)
    assert outcome.reason.startswith("`SMTP_URL` is not the URL of a mail server")


def test_a_missing_setting_is_named():
    assert send(None) == Permanent("`SMTP_URL` is not set: see docs/effects.md, `mail`")
    assert send("smtp://host", sender=None) == Permanent("`MAIL_FROM` is not set: see docs/effects.md, `mail`")


def test_a_subject_of_two_lines_is_no_header_of_its_own(plain: str, post: Post):
    outcome = send(f"smtp://{plain}", subject="a\nBcc: x@example.com")
    assert isinstance(outcome, Permanent)
    assert post.letters == []


WITHOUT_THE_EXTRA = """\
import asyncio, sys
sys.modules["aiosmtplib"] = None
from cellc.runtime.ports import Request
from cellc.stdlib_effects.mail import Send
print(asyncio.run(Send(None).perform(Request("mail.send", {}, "key", 1))).reason)
"""


def test_without_the_extra_it_says_what_to_install():
    done = subprocess.run([sys.executable, "-c", WITHOUT_THE_EXTRA], capture_output=True, text=True, check=True)
    assert done.stdout == "sending mail needs another package: pip install 'cellc[mail]'\n"
