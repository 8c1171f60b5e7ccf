"""All settings, read from the environment once; nothing else reads os.environ."""

from pathlib import Path

import django_stubs_ext
import environ
from django.utils.translation import gettext_lazy as _

# Lets generic classes of Django be written as the types they are, such as ModelForm[Workspace].
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(env.str("ENV_FILE", default=str(BASE_DIR / ".env")))

DEBUG = env.bool("DEBUG", default=False)
# As it stands: django-environ takes a value that begins with $ for another variable's name.
SECRET_KEY = env.ENVIRON.get("SECRET_KEY") or env("SECRET_KEY")
# Fernet keys for secrets at rest, the newest first; older ones still open what they closed.
FIELD_KEYS = env.list("FIELD_KEYS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])
PUBLIC_URL = env("PUBLIC_URL", default="http://localhost:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

DATABASES = {"default": env.db("DATABASE_URL", default="postgres://socialcare@127.0.0.1/socialcare")}
# One persistent connection per thread; the threads are few and bounded.
DATABASES["default"].update(CONN_MAX_AGE=None, CONN_HEALTH_CHECKS=True)
# A server that vanished without a word is noticed within seconds, not after the kernel's two hours.
DATABASES["default"].setdefault("OPTIONS", {}).update(
    connect_timeout=3, keepalives_idle=5, keepalives_interval=2, keepalives_count=3, tcp_user_timeout=15_000
)
REDIS_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/0")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "lucide",
    "csp",
    "socialcare",
    "sla",
    "connectors",
    "inbox",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "socialcare.middleware.language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "socialcare.middleware.enter_workspace",
]
ROOT_URLCONF = "socialcare.urls"
WSGI_APPLICATION = None
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

AUTH_USER_MODEL = "socialcare.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
SESSION_COOKIE_AGE = 14 * 24 * 3600

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [BASE_DIR / "locale"]

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": env("STATIC_STORAGE", default="socialcare.staticfiles.ModuleAwareManifestStorage"),
    },
}

# Behind HTTPS everything is strict; plain HTTP is for a laptop.
SECURE = PUBLIC_URL.startswith("https://")
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_SSL_REDIRECT = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_REFERRER_POLICY = "same-origin"
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'", PUBLIC_URL.replace("http", "ws", 1)],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["inbox.api.defaults.SessionSignIn"],
    "DEFAULT_PERMISSION_CLASSES": ["inbox.api.defaults.IsMember"],
    "DEFAULT_RENDERER_CLASSES": ["inbox.api.defaults.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "inbox.api.base.one_error_shape",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Socialcare",
    "DESCRIPTION": "Read and answer customers' posts. Sign-in by session cookie; writes carry `Idempotency-Key`.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/w/\{slug\}/api",
    "ENUM_NAME_OVERRIDES": {},
}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_CONNECTION_TIMEOUT = 1.0
# A doorbell that does not ring at once is left: the clock process looks anyway.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 1.0,
    "socket_timeout": 5.0,
    "health_check_interval": 10,
    # Of who rings; else each waits two seconds for a broker that is away, with a lane or an answer in its hands.
    "max_retries": 0,
}
# Without this Celery opens a database connection for every task.
CELERY_DB_REUSE_MAX = 1_000_000
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "inbox.intake.*": {"queue": "intake"},
    "inbox.outbox.*": {"queue": "outbox"},
    "inbox.polling.*": {"queue": "poll"},
}

# What each platform's folder may know of this installation; strings only.
PLATFORMS = {
    "meta": {
        "graph_url": env("META_GRAPH_URL", default="https://graph.facebook.com"),
        "graph_version": env("META_GRAPH_VERSION", default="v25.0"),
    },
    "twitter": {
        "api_url": env("X_API_URL", default="https://api.x.com"),
        "site_url": env("X_SITE_URL", default="https://x.com"),
        # Dollars a resource, as X's price list of November 2026 has them; X_PRICES="post_read=0.005,…" changes some.
        "price_post_read": "0.005",
        "price_user_read": "0.010",
        "price_dm_read": "0.010",
        "price_summoned_reply": "0.010",
        "price_post_create": "0.015",
        "price_post_with_link": "0.200",
        "price_dm_create": "0.015",
        "price_post_delete": "0.010",
        "price_hide": "0.005",
        "price_post_event": "0.005",
        "price_dm_event": "0.010",
    },
    "blog": {
        # Only for tests and the demo: blogs and feeds may be on this machine, and passwords go there over plain http.
        "allow_loopback": env("BLOG_ALLOW_LOOPBACK", default=""),
    },
}
PLATFORMS["twitter"] |= {f"price_{kind}": price for kind, price in env.dict("X_PRICES", default={}).items()}
WEBHOOK_MAX_BYTES = 8 * 1024 * 1024
DELIVERY_KEEP_DAYS = env.int("DELIVERY_KEEP_DAYS", default=30)
WEB_THREADS = env.int("WEB_THREADS", default=6)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "filters": {"veil": {"()": "socialcare.veil.Veil"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["veil"]}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {"urllib3": {"level": "WARNING"}, "django.request": {"level": "ERROR"}},
}
