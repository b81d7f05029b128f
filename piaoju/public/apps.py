"""The public door, as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class PublicConfig(AppConfig):
    name = "piaoju.public"
    label = "public"
    verbose_name = "公共查验"
