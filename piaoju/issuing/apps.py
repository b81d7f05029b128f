from django.apps import AppConfig


class IssuingConfig(AppConfig):
    name = "piaoju.issuing"
    label = "issuing"
