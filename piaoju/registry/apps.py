from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "piaoju.registry"
    label = "registry"
