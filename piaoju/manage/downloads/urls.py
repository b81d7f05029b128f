"""The addresses of printing and downloading."""

from __future__ import annotations

from django.urls import path

from piaoju.manage.downloads import asking, handing, mine

urlpatterns = [
    path("downloads", mine.downloads, name="manage-downloads"),
    path("downloads/new", asking.ask, name="manage-download-new"),
    path("downloads/preview", asking.preview_of, name="manage-download-preview"),
    path("downloads/preview.png", asking.preview, name="manage-download-preview-picture"),
    path("downloads/<int:download_id>", mine.one, name="manage-download"),
    path("downloads/<int:download_id>/stop", mine.stop, name="manage-download-stop"),
    path("downloads/<int:download_id>/restart", mine.restart, name="manage-download-restart"),
    path("downloads/<int:download_id>/remove", mine.remove, name="manage-download-remove"),
    path("downloads/<int:download_id>/link", mine.link, name="manage-download-link"),
    path("downloads/<int:download_id>/file/<slug:token>", handing.file, name="manage-download-file"),
]
