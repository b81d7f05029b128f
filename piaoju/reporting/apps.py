"""The query layer, as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class ReportingConfig(AppConfig):
    name = "piaoju.reporting"
    label = "reporting"
    verbose_name = "查询统计"
