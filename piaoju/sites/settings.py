"""Settings of every site, read once from the environment. Small on purpose: rules live in rooms.

PIAOJU_DATA            the data folder (default ./data)
PIAOJU_DATABASE_URL    a PostgreSQL server; empty: the embedded one, whose address the launcher puts here
PIAOJU_PROFILE         demonstration (default) | production
PIAOJU_HOSTS           host names served, comma separated (default: loopback only)
PIAOJU_PUBLIC_URL      what a bill's QR opens, e.g. https://pj.example.gov.cn
PIAOJU_TRUSTED_PROXIES addresses whose X-Forwarded-For is believed, comma separated
PIAOJU_SIGN_IN_PROFILE dengbao3 (default) | asvs: passwords, locks and sessions
PIAOJU_MAIL, PIAOJU_SMS  how bills reach their payers: see exchange/senders
PIAOJU_UKEY_AGENT      where the browser finds the UKEY agent of its own machine
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

DATA_FOLDER = Path(os.environ.get("PIAOJU_DATA", "data")).resolve()
DATABASE_URL = os.environ.get("PIAOJU_DATABASE_URL", "")
PROFILE = os.environ.get("PIAOJU_PROFILE", "demonstration")
BATCH_FILE_DAYS = int(os.environ.get("PIAOJU_BATCH_FILE_DAYS", "90"))
PUBLIC_URL = os.environ.get("PIAOJU_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
TRUSTED_PROXIES = [h for h in os.environ.get("PIAOJU_TRUSTED_PROXIES", "").split(",") if h]
DEMONSTRATION = PROFILE == "demonstration"


def DEMONSTRATION_BILLS() -> list[dict[str, Any]]:  # a setting that is read when asked for
    """The bills that `piaoju demo` issued, for the public home of a demonstration."""
    kept = DATA_FOLDER / "demo.json"
    bills: list[dict[str, Any]] = json.loads(kept.read_bytes())["bills"] if kept.exists() else []
    return bills


DEBUG = False
ALLOWED_HOSTS = [h for h in os.environ.get("PIAOJU_HOSTS", "127.0.0.1,localhost,[::1]").split(",") if h]
_secret_file = DATA_FOLDER / "keys" / "session.key"
# Without a data folder (makemigrations, checks) a key of this process alone is enough; nothing outlives it.
SECRET_KEY = _secret_file.read_text().strip() if _secret_file.exists() else secrets.token_urlsafe(48)

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "piaoju.ledger",
    "piaoju.identity",
    "piaoju.registry",
    "piaoju.seal",
    "piaoju.stock",
    "piaoju.issuing",
    "piaoju.verification",
    "piaoju.reporting",
    "piaoju.public",
    "piaoju.exchange",
    "piaoju.manage",
]
AUTH_USER_MODEL = "identity.Operator"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "piaoju.manage.sign_in.presence.Presence",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "piaoju.sites.urls"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]


def _database(url: str) -> dict[str, Any]:
    parts = dict(conninfo_to_dict(url)) if url else {}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", "piaoju"),
        "USER": parts.pop("user", "piaoju"),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        # A request behind Django has a thread of its own: what it opened ends with it. Keeper and workers have few threads, and
        # an act every second or every chunk of a batch: what they opened stays, and is looked at before it is used again.
        "CONN_MAX_AGE": None if os.environ.get("PIAOJU_CONNECTIONS") == "kept" else 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**parts, "options": "-c statement_timeout=30000 -c lock_timeout=10000"},
    }


DATABASES = {"default": _database(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

SECURE_REFERRER_POLICY = "no-referrer"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "piaoju.sites.failures.forged"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
LOGIN_URL = "/manage/sign-in"
UKEY_AGENT = os.environ.get("PIAOJU_UKEY_AGENT", "http://127.0.0.1:18183").rstrip("/")
SIGN_IN_PROFILE = os.environ.get("PIAOJU_SIGN_IN_PROFILE", "dengbao3")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEMONSTRATION
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}

# Commands and workers are a floor below: they reach the office and the tasks of this site by name.
OFFICE = "piaoju.sites.office.build_office"
TASKS = "piaoju.sites.tasks.TASKS"
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""  # tasks are bound by name, in sites/tasks.py

# Requests behind Django at work at once, over all processes; the embedded server takes 60 connections.
DJANGO_REQUESTS_MAX = 32
