"""邮件: one message a bill, its PDF attached, over TLS to the mail server of the installation (RFC 5321, RFC 8314)."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Literal
from urllib.parse import unquote, urlsplit

from piaoju.issuing.errors import SenderAway, SenderRefused
from piaoju.journeys.senders import BillMessage

PATIENCE_SECONDS = 20.0
_PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server and how to speak to it."""

    scheme: Literal["smtp", "smtps", "smtp+plain"]
    host: str
    port: int
    user: str
    password: str
    sender: str
    carries_files: bool = True

    @classmethod
    def of(cls, address: str, sender: str) -> MailServer:
        """The server of an address such as smtp://user:password@host:587. Raises ValueError."""
        parts = urlsplit(address)
        if parts.scheme not in _PORTS or not parts.hostname or "@" not in sender:
            raise ValueError("PIAOJU_MAIL 应写成 smtp://用户:口令@主机:端口（或 smtps://），PIAOJU_MAIL_FROM 应是发件邮箱")
        if parts.scheme == "smtp+plain" and parts.hostname not in _LOOPBACK:
            raise ValueError("smtp+plain 不加密，只能用于本机的邮件转发。请改用 smtp:// 或 smtps://")
        return cls(
            parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme], unquote(parts.username or ""),  # type: ignore[arg-type]
            unquote(parts.password or ""), sender,
        )  # fmt: skip

    def send(self, destination: str, message: BillMessage) -> None:
        """See Sender.send."""
        written = self._written(destination, message)
        try:
            with self._opened() as server:
                server.send_message(written, self.sender, [destination])
        except smtplib.SMTPRecipientsRefused as refused:
            answers = list(refused.recipients.values())
            _raise(answers[0][0] if answers else 550, refused)
        except (smtplib.SMTPDataError, smtplib.SMTPNotSupportedError) as refused:
            _raise(getattr(refused, "smtp_code", 550), refused)
        except (smtplib.SMTPException, OSError) as away:  # also a login that is refused: ours to mend, not the payer's
            raise SenderAway(f"邮件服务器没有收下（{type(away).__name__}）。系统会自动重发，不用再办") from away

    def _opened(self) -> smtplib.SMTP:
        safe = ssl.create_default_context()
        if self.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=PATIENCE_SECONDS, context=safe)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=PATIENCE_SECONDS)
        try:
            if self.scheme == "smtp":
                _secure(server, safe)
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server

    def _written(self, destination: str, message: BillMessage) -> EmailMessage:
        written = EmailMessage()
        try:
            written["From"] = self.sender
            written["To"] = Address(addr_spec=destination)
        except (ValueError, MessageError) as unreadable:
            raise SenderRefused("邮箱地址读不懂，邮件没有送出。请核对邮箱后重发") from unreadable
        written["Subject"] = message.subject
        written["Message-ID"] = f"<{message.reference}@{self.sender.rpartition('@')[2]}>"
        written.set_content(message.text)
        if message.pdf:
            written.add_attachment(message.pdf, maintype="application", subtype="pdf", filename=message.file_name)
        return written


def _secure(server: smtplib.SMTP, safe: ssl.SSLContext) -> None:
    """STARTTLS, or nothing is said: a server, or a line in between, that offers no encryption gets no password and no mail."""
    try:
        server.starttls(context=safe)
    except smtplib.SMTPNotSupportedError as plain:
        raise SenderAway("邮件服务器不提供加密（STARTTLS），没有送出。请运维核对 PIAOJU_MAIL；修好后自动重发") from plain


def _raise(code: int, answer: Exception) -> None:
    """4yz may pass at the next attempt, 5yz never will (RFC 5321, 4.2.1)."""
    if 400 <= code < 500:
        raise SenderAway(f"对方邮箱暂时不收（{code}）。系统会自动重发，不用再办") from answer
    raise SenderRefused(f"对方邮箱拒收（{code}）。请核对邮箱后重发") from answer
