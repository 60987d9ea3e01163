"""`mail.send`: one letter over SMTP, in a connection of its own.

Until the server has been handed the letter it is known that nothing has happened; from then on only the server's answer
says so. Reasons name the server, never what is in its URL beside that.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from urllib.parse import unquote, urlsplit

from cellc.runtime.ports import Handler, Outcome, Permanent, Request, Result, Transient
from cellc.stdlib_effects.plain import Direct
from cellc.stdlib_effects.surroundings import Surroundings

try:
    import aiosmtplib
except ImportError:  # an extra: without it the reason says what to install
    _INSTALLED = False
else:
    _INSTALLED = True

_PORTS = {"smtp": 587, "smtps": 465}
_TIMEOUT = 60.0
_FORM = "`smtp://host`, `smtp://user:password@host` or `smtps://user:password@host`"


@dataclass(frozen=True, slots=True)
class Server:
    """Where letters are handed in. `tls`: from the start."""

    host: str
    port: int
    tls: bool
    user: str | None = None
    password: str | None = None

    @property
    def name(self) -> str:
        """What people may see of it."""
        return f"{self.host}:{self.port}"


def handlers(surroundings: Surroundings) -> Mapping[str, Handler]:
    """Return the handlers of this module."""
    return {"mail.send": Send(surroundings)}


class Send(Direct):
    """Sends letters."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings

    async def perform(self, request: Request) -> Outcome:
        """Send one letter."""
        if not _INSTALLED:
            return Permanent("sending mail needs another package: pip install 'cellc[mail]'")
        url, sender = self._surroundings.secret("SMTP_URL"), self._surroundings.secret("MAIL_FROM")
        if url is None or sender is None:
            return Permanent(f"`{'SMTP_URL' if url is None else 'MAIL_FROM'}` is not set: see docs/effects.md, `mail`")
        server = _server(url)
        if server is None:
            return Permanent(f"`SMTP_URL` is not the URL of a mail server: it is written {_FORM}")
        try:
            letter = _letter(request, sender, self._surroundings.clock.now())
        except ValueError as problem:  # a line break in a header
            return Permanent(f"the letter cannot be written: {problem}")
        return await _hand_in(server, sender, _recipients(request), letter, request.timeout)


def _server(url: str) -> Server | None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not host or (parts.username is None) != (parts.password is None):
        return None
    user, password = (None if part is None else unquote(part) for part in (parts.username, parts.password))
    return Server(host, port or _PORTS[parts.scheme], parts.scheme == "smtps", user, password)


def _recipients(request: Request) -> list[str]:
    to = request.input["to"]
    return list(dict.fromkeys([*([to] if isinstance(to, str) else to), *request.input.get("cc", ())]))


def _letter(request: Request, sender: str, at: datetime) -> bytes:
    asked, to = request.input, request.input["to"]
    letter = EmailMessage(policy=WIRE)
    letter["From"] = sender
    letter["To"] = to if isinstance(to, str) else ", ".join(to)
    if asked.get("cc"):
        letter["Cc"] = ", ".join(asked["cc"])
    if "reply_to" in asked:
        letter["Reply-To"] = asked["reply_to"]
    letter["Subject"] = asked["subject"]
    letter["Date"] = at
    key = hashlib.sha256(request.key.encode()).hexdigest()[:32]
    letter["Message-ID"] = f"<{key}@{sender.rpartition('@')[2]}>"
    letter.set_content(asked["text"])
    if "html" in asked:
        letter.add_alternative(asked["html"], subtype="html")
    return letter.as_bytes()


async def _hand_in(server: Server, sender: str, recipients: list[str], letter: bytes, seconds: float | None) -> Outcome:
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.tls,
        start_tls=True if server.password is not None and not server.tls else None,
        timeout=_TIMEOUT if seconds is None else seconds,
    )
    handed_over = False
    try:
        await client.connect()
        if server.user is not None and server.password is not None:
            await client.login(server.user, server.password)
        await client.mail(sender)
        for recipient in recipients:
            await client.rcpt(recipient)
        handed_over = True
        await client.data(letter)
    except aiosmtplib.SMTPResponseException as answer:
        reason = f"{server.name} answered {answer.code}: {answer.message}"
        return Transient(reason, unknown=False) if 400 <= answer.code < 500 else Permanent(reason)
    except (
        aiosmtplib.SMTPConnectError,
        aiosmtplib.SMTPServerDisconnected,
        aiosmtplib.SMTPTimeoutError,
        OSError,
    ) as problem:
        return Transient(f"{server.name}: {problem}", unknown=handed_over)
    except aiosmtplib.SMTPException as problem:  # no STARTTLS, no way to log in
        return Permanent(f"{server.name}: {problem}", unknown=handed_over)
    finally:
        client.close()
    return Result(None)
