from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "piaoju.exchange"
    label = "exchange"
