"""The room verification 查验, as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class VerificationConfig(AppConfig):
    name = "piaoju.verification"
    label = "verification"
    verbose_name = "查验"
