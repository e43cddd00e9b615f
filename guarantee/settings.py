"""Settings, all from the environment. What is wrong fails loudly at start; what is absent has a safe default.

The variables are listed in docs/operations.md and .env.example.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
import environ
import structlog
from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from core.outbound import allowance_of

# Lets forms and querysets say what they are of (ModelForm[User]) at run time too.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").is_file():
    env.read_env(str(BASE_DIR / ".env"))

VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var"))).resolve()
VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

DEBUG = env.bool("DEBUG", False)
PORT = env.int("PORT", 8000)
SITE_URL = env.str("SITE_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
_site = urlsplit(SITE_URL)
if _site.scheme not in {"http", "https"} or not _site.hostname or _site.path or _site.query:
    raise ImproperlyConfigured(f"SITE_URL must look like https://host[:port], not {SITE_URL!r}")
HTTPS = _site.scheme == "https"
if not HTTPS and _site.hostname not in {"127.0.0.1", "localhost", "::1"}:
    raise ImproperlyConfigured(
        f"SITE_URL {SITE_URL!r} is plain http beyond this machine: sessions and signatures would travel in the clear. Use https."
    )


def _secret_key() -> str:
    key: str = env.str("SECRET_KEY", "")
    if not key:
        path = Path(env.str("SECRET_KEY_FILE", str(VAR_DIR / "secret_key")))
        if not path.is_file():
            raise ImproperlyConfigured(f"No SECRET_KEY, and {path} does not exist. script/setup makes it.")
        key = path.read_text().strip()
    if len(key) < 50 or key.startswith("django-insecure") or len(set(key)) < 10:
        raise ImproperlyConfigured("SECRET_KEY is too weak: at least 50 random characters are needed.")
    return key


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = [_site.hostname, *env.list("EXTRA_HOSTS", default=[])]
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("EXTRA_HOSTS may not hold '*'.")
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "guarantee",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "axes",
    "core",
    "parties",
    "records",
    "contract",
    "notifications",
    "roster",
    "sla",
    "devices",
    "tickets",
    "reports",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "core.middleware.request_context",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "parties.middleware.user_locale",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "parties.idle.idle_lock",
    "parties.middleware.membership",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "records.middleware.handover_lock",
    "core.middleware.domain_errors",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "guarantee.urls"
WSGI_APPLICATION = "guarantee.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "guarantee.context.page",
            ],
            "builtins": ["core.templatetags.ui", "django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]

DATABASE_URL = env.str("DATABASE_URL", f"sqlite:///{VAR_DIR / 'db.sqlite3'}")
DATABASES: dict[str, dict[str, Any]] = {"default": environ.Env.db_url_config(DATABASE_URL)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Django's own backend, with callbacks before COMMIT: they link the audit entries of a transaction (records.services.chain).
    DATABASES["default"]["ENGINE"] = "core.db.sqlite3"
    # WAL alone fails contended writes with "database is locked"; IMMEDIATE takes the write lock where it can still wait.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
        # REPLACE deletes rows: with this it asks the triggers that refuse it.
        "PRAGMA recursive_triggers=ON;",
    }
elif DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    DATABASES["default"]["ENGINE"] = "core.db.postgresql"
    # What pages ask is small. A row with all that it shows joins a dozen tables, each found by its key, in the order that is
    # written: to think about every other order costs PostgreSQL more time than the rows do, and so do starting parallel workers
    # for a page of fifty, and compiling its expressions. Where data lie in memory or on an SSD, keys cost little more than rows.
    DATABASES["default"]["OPTIONS"] = {
        "options": "-c join_collapse_limit=5 -c max_parallel_workers_per_gather=0 -c jit=off -c random_page_cost=1.1"
    }
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
else:
    raise ImproperlyConfigured("DATABASE_URL must name sqlite or postgres.")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "parties.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
# The pair, not the address alone: a whole hall sits behind one address and must not be locked out by one clerk.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "parties.views.login.locked_out"
AXES_IPWARE_PROXY_COUNT = env.int("PROXY_COUNT", 0)
PROXY_COUNT = env.int("PROXY_COUNT", 0)

SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
# Django's database sessions that also know whose they are, so that they can be listed and ended.
SESSION_ENGINE = "parties.sessions"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS and PROXY_COUNT > 0 else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "__Host-language" if HTTPS else "language"
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = USE_TZ = True
FORMAT_MODULE_PATH = ["guarantee.formats"]

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = VAR_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
# A photo may have 12 MB (records.services); this bounds what a form may send beside its files.
DATA_UPLOAD_MAX_MEMORY_SIZE = 3 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 12

REDIS_URL = env.str("REDIS_URL", "")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_ENABLE_UTC = True
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "visibility_timeout": 900,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
    }
else:
    for _folder in ("queue", "processed", "control"):
        (VAR_DIR / "broker" / _folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    CELERY_BROKER_URL = "filesystem://"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(VAR_DIR / "broker" / "queue"),
        "data_folder_out": str(VAR_DIR / "broker" / "queue"),
        "processed_folder": str(VAR_DIR / "broker" / "processed"),
        "control_folder": str(VAR_DIR / "broker" / "control"),
        "store_processed": False,
        "polling_interval": 0.1,
    }
# Beat is the safety net under run_clocks: it calls the same idempotent functions and never decides by its own time.
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "fire-due-alerts": {"task": "sla.tasks.fire_due_alerts", "schedule": 30.0, "options": {"expires": 60}},
    "deliver-due-messages": {
        "task": "notifications.tasks.deliver_due_messages",
        "schedule": 30.0,
        "options": {"expires": 60},
    },
    "watch-rosters": {"task": "roster.tasks.watch_rosters", "schedule": 300.0, "options": {"expires": 240}},
    "remind-missing-year": {
        "task": "contract.tasks.remind_missing_year",
        "schedule": crontab(hour="9", minute="10"),
        "options": {"expires": 6 * 3600},
    },
    "expire-access-cards": {
        "task": "devices.tasks.expire_cards",
        "schedule": crontab(hour="0-23", minute="20"),
        "options": {"expires": 1800},
    },
    "tell-due-devices": {
        "task": "devices.tasks.tell_due",
        "schedule": crontab(hour="7-18", minute="5"),
        "options": {"expires": 1800},
    },
    "carry-out-planned": {
        "task": "devices.tasks.carry_out_planned",
        "schedule": crontab(minute="2"),
        "options": {"expires": 3000},
    },
    "make-run-tasks": {
        "task": "devices.tasks.make_run_tasks",
        "schedule": crontab(hour="6", minute="40"),
        "options": {"expires": 6 * 3600},
    },
    "expire-registrations": {
        "task": "devices.tasks.expire_registrations",
        "schedule": crontab(minute="12"),
        "options": {"expires": 3000},
    },
    "start-weekly-promises": {
        "task": "reports.tasks.start_weekly_promises",
        "schedule": 600.0,
        "options": {"expires": 500},
    },
    "remind-handovers": {"task": "tickets.tasks.remind_handovers", "schedule": 300.0, "options": {"expires": 240}},
    "end-waits": {"task": "tickets.tasks.end_waits", "schedule": 60.0, "options": {"expires": 50}},
    "archive-rated": {
        "task": "tickets.tasks.archive_rated",
        "schedule": crontab(minute="25"),
        "options": {"expires": 3000},
    },
    "run-verifications": {"task": "records.tasks.run_verifications", "schedule": 20.0, "options": {"expires": 60}},
    "verify-nightly": {
        "task": "records.tasks.verify_nightly",
        "schedule": crontab(hour="2", minute="40"),
        "options": {"expires": 3 * 3600},
    },
    "sweep-orphans": {"task": "records.tasks.sweep_orphans", "schedule": 3600.0, "options": {"expires": 600}},
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["core.access.RouteAllows"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.problems.exception_handler",
}
SPECTACULAR_SETTINGS = {"TITLE": "Guarantee", "VERSION": "1", "SERVE_INCLUDE_SCHEMA": False}

# What is secret in the database (keys of channels) is sealed with these; the first one seals. Empty: with SECRET_KEY.
FIELD_KEYS = env.list("FIELD_KEY", default=[])
if any(len(key) < 32 for key in FIELD_KEYS):
    raise ImproperlyConfigured("FIELD_KEY is too weak: at least 32 random characters are needed.")
# Seals of signatures and of the audit chain: private keys (the first seals, all are known), or the file that holds the key.
SEAL_KEYS = env.list("SEAL_KEY", default=[])
SEAL_KEY_FILE = Path(env.str("SEAL_KEY_FILE", str(VAR_DIR / "seal_key"))).resolve()
# Where the signed heads of the audit chain are kept outside the database, and the syslog that gets them too: a socket like
# /dev/log, or host:port (UDP). Empty: no syslog.
ANCHOR_DIR = Path(env.str("ANCHOR_DIR", str(VAR_DIR / "anchors"))).resolve()
ANCHOR_SYSLOG = env.str("ANCHOR_SYSLOG", "")
# Calls to the world outside: networks of the house that every contract may reach, ports, own certificates, seconds for a call.
OUTBOUND_ALLOW = env.list("OUTBOUND_ALLOW", default=[])
OUTBOUND_PORTS = frozenset(
    int(port) for port in env.list("OUTBOUND_PORTS", default=["25", "80", "443", "465", "587", "8443"])
)
OUTBOUND_CA_FILE = env.str("OUTBOUND_CA_FILE", "")
OUTBOUND_SECONDS = env.float("OUTBOUND_SECONDS", 15.0)
try:
    for _text in OUTBOUND_ALLOW:
        allowance_of(_text)
except ValueError as error:
    raise ImproperlyConfigured(
        f"OUTBOUND_ALLOW must hold networks like 10.8.0.0/16 or 10.8.0.7/32:8080: {error}"
    ) from error

DEMO = env.bool("DEMO", False)
DEMO_PASSWORD = env.str("DEMO_PASSWORD", "")

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
)
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        "axes": {"level": "WARNING"},
        "kombu": {"level": "ERROR"},
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
    },
}
if ANCHOR_SYSLOG:
    _host, _, _port = ANCHOR_SYSLOG.rpartition(":")
    if not ANCHOR_SYSLOG.startswith("/") and not (_host and _port.isdecimal()):
        raise ImproperlyConfigured("ANCHOR_SYSLOG must be a socket like /dev/log, or host:port.")
    LOGGING["formatters"]["anchor"] = {"format": "guarantee-anchor: %(message)s"}
    LOGGING["handlers"]["anchors"] = {
        "class": "logging.handlers.SysLogHandler",
        "formatter": "anchor",
        "address": ANCHOR_SYSLOG if ANCHOR_SYSLOG.startswith("/") else (_host, int(_port)),
    }
LOGGING["loggers"]["guarantee.anchors"] = {
    "handlers": ["anchors"] if ANCHOR_SYSLOG else [],
    "level": "INFO",
    "propagate": False,
}
SILENCED_SYSTEM_CHECKS: list[str] = []
