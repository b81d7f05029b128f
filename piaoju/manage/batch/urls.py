"""Addresses of batch issuing."""

from __future__ import annotations

from django.urls import URLPattern, path, register_converter

from piaoju.manage.batch import pages


class BatchAct:
    """One of the words that move a batch."""

    regex = "pause|resume|stop"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(BatchAct, "batch_act")
urlpatterns: list[URLPattern] = [
    path("batches", pages.batches, name="manage-batches"),
    path("batches/new", pages.upload, name="manage-batch-upload"),
    path("batches/template", pages.template, name="manage-batch-template"),
    path("batches/<int:number>", pages.batch, name="manage-batch"),
    path("batches/<int:number>/issue", pages.issue, name="manage-batch-issue"),
    path("batches/<int:number>/file", pages.annotated, name="manage-batch-file"),
    path("batches/<int:number>/results", pages.results, name="manage-batch-results"),
    path("batches/<int:number>/<batch_act:act>", pages.move, name="manage-batch-move"),
]
