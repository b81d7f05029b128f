"""Mail goes out under TLS or not at all: STARTTLS and TLS from the start, to a server whose certificate is checked."""

from __future__ import annotations

import base64
import datetime
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from piaoju.exchange.senders.mail import MailServer
from piaoju.issuing.errors import SenderAway
from piaoju.journeys.senders import BillMessage
from tests.journeys import carriers
from tests.journeys.carriers import Carrier

TO = "wang.xiaoming@example.cn"
MESSAGE = BillMessage("R-1", "您的票据", "正文", "51040126-0000000001.pdf", b"%PDF-1.7")
Certified = Callable[..., ssl.SSLContext]


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Certified:
    """Makes what a server shows: a certificate for a host, and whether this machine trusts who signed it."""

    def made(host: str = "localhost", *, trusted: bool = True) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a mail server of a test")])
        at = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(at - datetime.timedelta(1))
            .not_valid_after(at + datetime.timedelta(1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )  # fmt: skip
        shown, secret = tmp_path / "server.pem", tmp_path / "server.key"
        shown.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        secret.write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ))  # fmt: skip
        monkeypatch.setenv("SSL_CERT_FILE", str(shown if trusted else tmp_path / "nobody.pem"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(shown, secret)
        return context

    return made


def send(server: Carrier, scheme: str = "smtp") -> None:
    MailServer.of(f"{scheme}://pj:secret%40word@localhost:{server.port}", "pj@example.gov.cn").send(TO, MESSAGE)


def said_in_clear(server: Carrier) -> str:
    return "\n".join(line for line, secret in server.words if not secret)


def test_over_starttls_nothing_but_the_greeting_is_said_in_clear(certified: Certified) -> None:
    with carriers.mail_server(certified()) as server:
        send(server)
    ((to, message),) = server.arrived
    assert (to, carriers.text_of(message).strip()) == (TO, "正文")
    assert [one.get_filename() for one in message.iter_attachments()] == ["51040126-0000000001.pdf"]
    login = base64.b64encode(b"\0pj\0secret@word").decode()
    assert (f"AUTH PLAIN {login}", True) in server.words
    assert {line.split()[0].upper() for line in said_in_clear(server).splitlines()} == {"EHLO", "STARTTLS"}


def test_under_tls_from_the_start_everything_is_secret(certified: Certified) -> None:
    with carriers.mail_server(certified(), from_the_start=True) as server:
        send(server, "smtps")
    assert len(server.arrived) == 1
    assert said_in_clear(server) == ""


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.parametrize("host, trusted", [("mail.elsewhere.cn", True), ("localhost", False)], ids=["other name", "untrusted"])
def test_a_certificate_that_is_not_the_servers_gets_no_password_and_no_mail(
    certified: Certified, scheme: str, host: str, trusted: bool
) -> None:
    with (
        carriers.mail_server(certified(host, trusted=trusted), from_the_start=scheme == "smtps") as server,
        pytest.raises(SenderAway, match="自动重发"),
    ):
        send(server, scheme)
    assert server.arrived == []
    assert "AUTH" not in str(server.words)


def test_a_server_that_offers_no_encryption_is_told_nothing(certified: Certified) -> None:
    with carriers.mail_server() as server, pytest.raises(SenderAway, match="STARTTLS"):
        send(server)
    assert server.arrived == []
    assert {line.split()[0].upper() for line, _ in server.words} <= {"EHLO", "HELO", "QUIT"}
