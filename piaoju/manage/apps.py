"""The back office, as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class ManageConfig(AppConfig):
    name = "piaoju.manage"
    label = "manage"
    verbose_name = "业务管理"
