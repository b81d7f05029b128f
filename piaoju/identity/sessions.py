"""Sessions and UKEYs: opened, seen, ended. In someone's transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from piaoju.crypto import sm3
from piaoju.crypto.certificates import Certificate, Trust
from piaoju.identity import models
from piaoju.identity.credentials import account
from piaoju.identity.errors import UkeyBound, UkeyUnknown
from piaoju.identity.policy import SignInPolicy
from piaoju.identity.types import BoundUkey, SessionMethod, UkeyCertificate

_KEPT = timedelta(days=400)


def open_session(
    token: str,
    operator_id: int,
    method: SessionMethod,
    *,
    source: str,
    agent: str,
    policy: SignInPolicy,
    at: datetime,
    ukey_id: int | None = None,
) -> None:
    """A session known by this token. The operator's oldest beyond the limit end; what ended long ago is forgotten."""
    mine = models.Session.objects.filter(operator_id=operator_id)
    mine.filter(started_at__lte=at - _KEPT).delete()
    live = mine.filter(ended_at=None, seen_at__gt=at - policy.idle, started_at__gt=at - policy.absolute)
    surplus = list(live.order_by("-started_at", "-id").values_list("id", flat=True)[policy.sessions_max - 1 :])
    mine.filter(id__in=surplus).update(ended_at=at, ended_reason="同时登录过多")
    models.Session.objects.create(
        digest=sm3.digest(token.encode()), operator_id=operator_id, method=method, ukey_id=ukey_id, source=source,
        agent=agent[:200], started_at=at, seen_at=at,
    )  # fmt: skip


def see_session(session_id: int, at: datetime) -> None:
    """The session was used now; kept to the minute, so that reading a page seldom writes."""
    models.Session.objects.filter(pk=session_id, ended_at=None).update(seen_at=at)


def end_session(token: str, at: datetime, reason: str) -> str | None:
    """The username whose session this was, ended now; None where there is none."""
    row = models.Session.objects.select_related("operator").filter(digest=sm3.digest(token.encode()), ended_at=None).first()
    if row is None:
        return None
    models.Session.objects.filter(pk=row.pk).update(ended_at=at, ended_reason=reason)
    return row.operator.username


def end_sessions_of(
    operator_id: int, at: datetime, reason: str, *, only: int | None = None, but: int | None = None
) -> int:
    """End the operator's sessions: all, one, or all but one; how many."""
    which = Q(pk=only) if only is not None else Q()
    live = models.Session.objects.filter(which, operator_id=operator_id, ended_at=None)
    return (live if but is None else live.exclude(pk=but)).update(ended_at=at, ended_reason=reason)


def bind_ukey(operator_id: int, certificate: UkeyCertificate, at: datetime, by: str) -> None:
    """This certificate signs the operator in from now on. Raises UkeyBound where it is bound already, or was."""
    if models.Ukey.objects.filter(fingerprint=certificate.fingerprint).exists():
        raise UkeyBound
    models.Ukey.objects.create(
        operator_id=operator_id, serial=certificate.serial, fingerprint=certificate.fingerprint,
        certificate=certificate.content, subject_name=certificate.subject_name, issuer_name=certificate.issuer_name,
        valid_from=certificate.valid_from, valid_until=certificate.valid_until, bound_at=at, bound_by=by,
    )  # fmt: skip


def revoke_ukey(serial: str, at: datetime, by: str, reason: str) -> int:
    """The UKEY signs nobody in from now on, and its sessions end; the operator's id. Raises UkeyUnknown."""
    row = models.Ukey.objects.filter(serial=serial, revoked_at=None).first()
    if row is None:
        raise UkeyUnknown
    models.Ukey.objects.filter(pk=row.pk).update(revoked_at=at, revoked_by=by, revoked_reason=reason)
    models.Session.objects.filter(ukey=row, ended_at=None).update(ended_at=at, ended_reason="UKEY 已吊销")
    return row.operator_id


def note_ukey_revocations(trust: Trust, at: datetime, by: str) -> list[str]:
    """What the lists of the authorities revoke signs nobody in from now on; the serial numbers that were revoked by it."""
    noted = []
    for authority in trust.authorities:
        listed = trust.list_of(authority)
        serials = [f"{serial:X}" for serial, since in listed.revoked.items() if since <= at] if listed else []
        for row in models.Ukey.objects.filter(serial__in=serials, revoked_at=None):
            if Certificate.parse(bytes(row.certificate)).issuer_der == authority.subject_der:
                revoke_ukey(row.serial, at, by, "证书机构已吊销")
                noted.append(row.serial)
    return noted


def ukey_of(fingerprint: bytes) -> BoundUkey | None:
    """The UKEY with exactly this certificate, revoked or not."""
    row = models.Ukey.objects.select_related("operator__person").filter(fingerprint=fingerprint).first()
    return BoundUkey(row.id, account(row.operator), row.revoked_at is not None) if row else None
