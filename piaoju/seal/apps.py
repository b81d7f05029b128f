from django.apps import AppConfig


class SealConfig(AppConfig):
    name = "piaoju.seal"
    label = "seal"
