"""What is known of downloads. Re-exported by `queries`."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from piaoju.kit.listing import Asked, Found, Source, find
from piaoju.reporting.models import Download, DownloadBill, DownloadLink, DownloadState
from piaoju.reporting.predicates import predicate
from piaoju.reporting.types import BillsQuestion, ChosenBill, DownloadListRow, DownloadRow, LinkRow, Reach

_FIELDS = tuple(DownloadRow.__dataclass_fields__)
_LIST = Source(
    table="reporting_download AS d",
    fields={name: f"d.{name}" for name in DownloadListRow.__dataclass_fields__},
    key=("id",),
    order={"finished_at": "coalesce(d.finished_at, d.requested_at)"},
)


def downloads_page(operator_id: int, asked: Asked) -> Found[DownloadListRow]:
    """A page of this person's downloads. Raises FieldUnknown."""
    with connection.cursor() as cursor:
        return find(cursor, _LIST, asked, DownloadListRow, scope="d.operator_id = %s", scope_values=[operator_id])


def download(download_id: int) -> DownloadRow | None:
    """The download of this number, whoever asked for it."""
    found = Download.objects.filter(pk=download_id).values(*_FIELDS).first()
    if found is None:
        return None
    digest = found.pop("digest")
    return DownloadRow(**found, digest=None if digest is None else bytes(digest))


def download_state(download_id: int) -> bytes | None:
    """Where its maker stands, sealed, or none before the first chunk."""
    sealed = Download.objects.values_list("state_sealed", flat=True).get(pk=download_id)
    return None if sealed is None else bytes(sealed)


def download_bills(download_id: int, after: int, limit: int) -> list[ChosenBill]:
    """The next chosen bills after this ordinal, in order."""
    rows = DownloadBill.objects.filter(download_id=download_id, ordinal__gt=after).order_by("ordinal")
    names = ("ordinal", "unit_id", "issued_at", "bill_code", "bill_number", "print_ordinal")
    return [ChosenBill(*row) for row in rows.values_list(*names)[:limit]]


def download_beyond(download_id: int, reach: Reach) -> bool:
    """Whether a download has a bill that this reach does not."""
    reached, values = predicate(BillsQuestion(), reach)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT EXISTS (SELECT 1 FROM reporting_downloadbill AS d JOIN issuing_bill AS b ON b.unit_id = d.unit_id
                AND b.issued_at = d.issued_at AND b.bill_code = d.bill_code AND b.bill_number = d.bill_number
                WHERE d.download_id = %s AND ({reached}) IS NOT TRUE)""",
            [download_id, *values],
        )
        return bool(cursor.fetchall()[0][0])


def downloads_to_clear(at: datetime, limit: int) -> list[int]:
    """Downloads whose file is kept no longer."""
    past = Download.objects.filter(kept_until__lt=at).exclude(state=DownloadState.CLEARED)
    return list(past.order_by("kept_until").values_list("id", flat=True)[:limit])


def downloads_with_files() -> set[int]:
    """Downloads that a file may be kept for."""
    states = (DownloadState.WAITING, DownloadState.RUNNING, DownloadState.READY)
    return set(Download.objects.filter(state__in=states).values_list("id", flat=True))


def download_link(token_digest: bytes) -> LinkRow | None:
    """The link whose token has this digest."""
    found = DownloadLink.objects.filter(token_digest=token_digest).select_related("download").first()
    if found is None:
        return None
    return LinkRow(
        found.pk, found.download_id, found.download.operator_id, found.made_at, found.valid_until, found.opened_at, found.used_at
    )
