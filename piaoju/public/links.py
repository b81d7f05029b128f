"""Short-lived addresses of a bill's files, given only to one who knew the five facts."""

from __future__ import annotations

from urllib.parse import urlencode

from django.core import signing

from piaoju.verification.types import Question

from . import facts

FORMATS = {
    "pdf": "application/pdf",
    "ofd": "application/ofd",
    "xml": "application/xml",
}
LINK_SECONDS = 900
_SALT = "piaoju.public.file"


def file_link(question: Question, file_format: str) -> str:
    """The path of one file of the bill, good for a quarter of an hour."""
    query = facts.query_of(question)
    signed = f"{query}&f={file_format}"
    # The signed text is in the address already: the token is only its time and its signature.
    token = signing.TimestampSigner(salt=_SALT).sign(signed).removeprefix(f"{signed}:")
    return f"/q/file?{query}&{urlencode({'f': file_format, 't': token})}"


def link_holds(question: Question, file_format: str, token: str) -> bool:
    """True while the link was made by us, for this bill and this format, within the quarter of an hour."""
    signed = f"{facts.query_of(question)}&f={file_format}:{token}"
    try:
        signing.TimestampSigner(salt=_SALT).unsign(signed, max_age=LINK_SECONDS)
    except signing.BadSignature:
        return False
    return True
