"""Settings of all installations; what differs between them is read from the environment by config/env.py."""

from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF, UNSAFE_INLINE
from django.utils.translation import gettext_lazy as _
from plotly import __file__ as plotly_module

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent
ENVIRONMENT = env.load()

DEBUG = ENVIRONMENT.debug
SECRET_KEY = ENVIRONMENT.secret_key
PATIENT_KEY = ENVIRONMENT.patient_key
ALLOWED_HOSTS = ENVIRONMENT.allowed_hosts
CSRF_TRUSTED_ORIGINS = ENVIRONMENT.csrf_trusted_origins
IS_EMBEDDED = ENVIRONMENT.embedded
TRUSTED_PROXIES = ENVIRONMENT.trusted_proxies

INSTALLED_APPS = [
    "evaluation.apps.EvaluationConfig",
    "referrals.apps.ReferralsConfig",
    "budgets.apps.BudgetsConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "config.static_files.StaticFiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.middleware.keep_private",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "config.refusals.RefuseUnstorable",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.note_address",
    "config.middleware.note_refusals",
    "config.middleware.keep_signed_in",
    "config.second_factor.RequireSecondFactor",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.navigation.frame",
            ],
            "builtins": ["evaluation.templatetags.shown", "evaluation.templatetags.components"],
        },
    }
]

DATABASES = {"default": ENVIRONMENT.database}
CACHES = {
    # In the database, so that allauth's limits on mails survive a stopped Redis; large, so that nobody pushes them out.
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    # In the process: built pages under the version of the data (evaluation/views/page_cache.py).
    "pages": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "TIMEOUT": 3600,
        "KEY_FUNCTION": "evaluation.views.page_cache.hashed",
        "OPTIONS": {"MAX_ENTRIES": 200},
    },
}

# ── People ──
AUTH_USER_MODEL = "evaluation.User"
AUTHENTICATION_BACKENDS = ["config.accounts.CountingBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTH_PASSWORD_VALIDATORS[1]["OPTIONS"] = {"min_length": 10}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_ADAPTER = "config.accounts.AccountAdapter"
ACCOUNT_FORMS = {"change_password": "config.account_forms.ChangePasswordForm"}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
# Wrong passwords are counted in one place for all doors (evaluation/services/sign_ins.py); allauth's own limits on
# them, in the cache, are off; those on mails stay.
ACCOUNT_RATE_LIMITS = dict.fromkeys(("login", "change_password", "reauthenticate"))
SESSION_COOKIE_AGE = 30 * 60  # idle log-out, with config.middleware.keep_signed_in
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
LONGEST_SESSION = timedelta(hours=12)
SESSION_ENGINE = "evaluation.services.session_store"
SECOND_FACTOR = ENVIRONMENT.second_factor
MFA_ADAPTER = "config.second_factor.SecondFactorAdapter"
MFA_FORMS = {"authenticate": "config.second_factor.CodeForm", "reauthenticate": "config.second_factor.CodeAgainForm"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are the administrator's word
MFA_TOTP_ISSUER = "Yilian"
MFA_TOTP_TOLERANCE = 1  # the step before and after, for clocks that go wrong

# ── Security ──
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = ENVIRONMENT.https
SECURE_HSTS_SECONDS = 31_536_000 if ENVIRONMENT.https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.https else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "config.views.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF, UNSAFE_INLINE],  # plotly.js writes its own styles
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# ── Uploads: read in memory, never written to disk, since a sheet may hold patient identity ──
LARGEST_UPLOAD = 100 * 1024 * 1024
KEEP_STAGED_DAYS = ENVIRONMENT.keep_staged_days
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = LARGEST_UPLOAD + 1024 * 1024  # of the whole request, the form around the file too
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# ── Language and time ──
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

# ── Static files ──
STATIC_URL = "static/"
STATIC_ROOT = ENVIRONMENT.home / "static"
STATICFILES_DIRS = [BASE_DIR / "static", ("plotly", Path(plotly_module).parent / "package_data")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "config.static_files.HashedStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = False

# ── Celery: PostgreSQL is the truth, the queue only a bell ──
CELERY_BROKER_URL = ENVIRONMENT.redis_url
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 5, "visibility_timeout": 3600}
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "evaluation.tasks.sweep", "schedule": 10.0, "options": {"expires": 10}},
    "expire-uploads": {"task": "evaluation.tasks.expire_uploads", "schedule": 3600.0, "options": {"expires": 3600}},
    "sweep-budgets": {"task": "budgets.tasks.recompute_execution", "schedule": 30.0, "options": {"expires": 30}},
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# ── API ──
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "evaluation.api.authentication.ByToken",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": [
        "evaluation.api.parsers.JSONParser",
        "evaluation.api.parsers.FormParser",
        "evaluation.api.parsers.MultiPartParser",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "evaluation.api.pagination.Pages",
    "PAGE_SIZE": 100,
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "evaluation.api.errors.problem_details",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Yilian API",
    "DESCRIPTION": "Data, indicators and referrals of medical consortia.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "evaluation.api.description.add_problems",
    ],
}

globals().update(ENVIRONMENT.email)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"discreet": {"()": "config.logs.Discreet"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "discreet"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "yilian": {"level": "INFO"},
        "django.request": {"level": "ERROR"},
        "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
    },
}
