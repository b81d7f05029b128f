from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "piaoju.identity"
    label = "identity"
