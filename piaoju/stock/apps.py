from django.apps import AppConfig


class StockConfig(AppConfig):
    name = "piaoju.stock"
    label = "stock"
