"""The addresses of the pages about bills."""

from __future__ import annotations

from django.urls import path

from piaoju.manage.bills import exporting, listing, one, paper, reversal

urlpatterns = [
    path("bills", listing.bills, name="manage-bills"),
    path("bills/export", exporting.export, name="manage-bills-export"),
    path("bills/<slug:code>/<slug:number>/", one.one, name="manage-bill"),
    path("bills/<slug:code>/<slug:number>/file/<slug:file_format>", one.file, name="manage-bill-file"),
    path("bills/<slug:code>/<slug:number>/print", one.print_one, name="manage-bill-print"),
    path("bills/<slug:code>/<slug:number>/reverse", reversal.reverse, name="manage-bill-reverse"),
    path("bills/<slug:code>/<slug:number>/convert", paper.convert, name="manage-bill-convert"),
    path("bills/<slug:code>/<slug:number>/void-paper", paper.void, name="manage-bill-void-paper"),
    path("reversals", reversal.applications, name="manage-reversals"),
    path("reversals/<int:application_id>", reversal.application, name="manage-reversal"),
]
