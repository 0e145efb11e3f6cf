"""Settings, read from the environment; `docs/operators.md` lists every name with its meaning.

Safe by default: debugging is off, cookies are secure, no host is trusted that is not named.
"""

import sysconfig
from pathlib import Path
from urllib.parse import unquote

import environ
import pyogrio  # noqa: F401  points GDAL at the data files of its own wheel
from csp.constants import NONCE, NONE, SELF, STRICT_DYNAMIC

from citylab.cities.pack import city_pack
from citylab.map_formats import only_listed_formats

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("CITYLAB_DEBUG", False)
STATE_DIR = Path(env("CITYLAB_STATE", default=str(BASE_DIR / ".local")))

# --- secrets: made once by bin/up, never committed --------------------------------------------
SECRET_KEY = env("SECRET_KEY")
TOKEN_KEY = env("CITYLAB_TOKEN_KEY")  # HMAC key of the reporter's secret address
REPORTER_KEY = env("CITYLAB_REPORTER_KEY")  # keyed hash of a device
CONTACT_KEY = env("CITYLAB_CONTACT_KEY")  # Fernet key of contact data

# --- the city ---------------------------------------------------------------------------------

CITY = city_pack()  # chosen by CITYLAB_CITY
TIME_ZONE = CITY.time_zone
USE_TZ = True
LANGUAGE_CODE = CITY.language
LANGUAGE_NAMES = {"vi": "Tiếng Việt", "en": "English", "es": "Español"}
LANGUAGES = [(code, LANGUAGE_NAMES.get(code, code)) for code in CITY.languages]
LOCALE_PATHS = [path for path in (CITY.folder / "locale", BASE_DIR / "citylab" / "locale") if path.is_dir()]
USE_I18N = True

# --- where it is served -----------------------------------------------------------------------
SITE_URL = env("CITYLAB_SITE_URL", default="http://localhost:8000").rstrip("/")
ALLOWED_HOSTS = env.list("CITYLAB_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
HTTPS = SITE_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [SITE_URL] if HTTPS else []
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = False  # the proxy in front redirects
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_AGE = 12 * 3600  # a working day; nobody stays signed in overnight
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # no third cookie
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE, STRICT_DYNAMIC],  # where strict-dynamic is not understood, our own files still run
        "img-src": [SELF, "data:", "blob:"],
        "worker-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- parts ------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig",  # the site of `citylab/administration/`; nothing registers itself
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "django.contrib.postgres",
    "rest_framework",
    "rest_framework_gis",
    "drf_spectacular",
    "csp",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "anymail",
    "citylab",
    "reports",
    "analytics",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # pages too are small on a bad network, whatever stands in front; pads against BREACH
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "citylab.permissions.AccessMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "citylab.urls"
WSGI_APPLICATION = "citylab.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "citylab" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "citylab.context.site",
            ],
        },
    }
]

# --- database ---------------------------------------------------------------------------------
_packages = Path(sysconfig.get_paths()["purelib"])
GEOS_LIBRARY_PATH = str(next((_packages / "shapely.libs").glob("libgeos_c-*.so*")))
GDAL_LIBRARY_PATH = str(next((_packages / "pyogrio.libs").glob("libgdal-*.so*")))
only_listed_formats(GDAL_LIBRARY_PATH)
DATABASES = {"default": env.db_url("DATABASE_URL", engine="django.contrib.gis.db.backends.postgis")}
DATABASES["default"]["HOST"] = unquote(DATABASES["default"]["HOST"])  # a socket folder is written as %2F…
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["CONN_MAX_AGE"] = None  # thirteen times the requests per second of closing each time
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["TEST"] = {
    "TEMPLATE": env("CITYLAB_TEST_TEMPLATE", default="citylab_template"),
    "NAME": env("CITYLAB_TEST_DB", default=None),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- accounts ---------------------------------------------------------------------------------
AUTH_USER_MODEL = "citylab.Member"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["citylab.passwords.TakingTurns"]  # argon2
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "staff-home"
LOGOUT_REDIRECT_URL = "home"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # a stranger cannot lock an officer out from elsewhere
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code"]  # of what is kept of a wrong one
AXES_VERBOSE = False
AXES_LOCKOUT_TEMPLATE = "accounts/locked_out.html"
AXES_DISABLE_ACCESS_LOG = True  # who signed in when and from where is nobody's business; wrong passwords go after 30 days
AXES_CLIENT_IP_CALLABLE = "citylab.client_address.client_network"
PRODUCTION = env.bool("CITYLAB_PRODUCTION", HTTPS)
SECOND_STEP_REQUIRED = PRODUCTION and not DEBUG  # administrators then sign in with a code of their phone as well
OTP_TOTP_ISSUER = f"City Lab {CITY.name}"

# --- files ------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = STATE_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "citylab" / "static"]
_S3 = env("CITYLAB_S3_BUCKET", default="")


def _store(name: str) -> dict:
    """One private store: a folder under the state folder, or a prefix of the S3 bucket when one is named."""
    if _S3:
        return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {"bucket_name": _S3, "location": name}}
    return {"BACKEND": "reports.photos.store.DurableFileStorage", "OPTIONS": {"location": str(STATE_DIR / "media" / name)}}


STORAGES = {
    "default": _store("files"),
    "originals": _store("originals"),
    "renditions": _store("renditions"),
    "editions": _store("editions"),
    "voice": _store("voice"),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
PUBLISH_WITHOUT_PERSON = env.bool("CITYLAB_PUBLISH_WITHOUT_PERSON", False)  # DESIGN rule 4: a person publishes
DISK_RESERVE_MB = env.int("CITYLAB_DISK_RESERVE_MB", 2048)
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024  # a report is about 1 KB; photos are files or streams
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# --- floods: beyond these a report waits for a look by the staff, and is never refused ----------
FLOOD_DEVICE_HOUR = env.int("CITYLAB_FLOOD_DEVICE_HOUR", 30)  # one phone; somebody who walks a whole beach sends fewer
FLOOD_DEVICE_DAY = env.int("CITYLAB_FLOOD_DEVICE_DAY", 100)
FLOOD_PLACE_HOUR = env.int("CITYLAB_FLOOD_PLACE_HOUR", 40)  # one cell, from few phones, or from none in particular
FLOOD_PLACE_EACH = env.int("CITYLAB_FLOOD_PLACE_EACH", 5)  # “few phones”: this many from each of them, or more

# --- queue ------------------------------------------------------------------------------------
CELERY_BROKER_URL = env("CELERY_BROKER_URL", default="redis://localhost:6379/0")
CELERY_TIMEZONE = TIME_ZONE

# --- messages ---------------------------------------------------------------------------------
# Written to the log unless a provider is named: any of django-anymail's, or Django's own SMTP.
EMAIL_BACKEND = env("CITYLAB_EMAIL_BACKEND", default="django.core.mail.backends.console.EmailBackend")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env("CITYLAB_EMAIL_FROM", default="City Lab <citylab@localhost>")
EMAIL_HOST = env("CITYLAB_EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("CITYLAB_EMAIL_PORT", 25)
EMAIL_HOST_USER = env("CITYLAB_EMAIL_USER", default="")
EMAIL_HOST_PASSWORD = env("CITYLAB_EMAIL_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("CITYLAB_EMAIL_TLS", False)
EMAIL_TIMEOUT = 20  # seconds
ANYMAIL = env.json("CITYLAB_ANYMAIL", default={})  # the provider's own settings, as django-anymail names them

# --- API --------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [],  # asked in one place: citylab.permissions.AccessMiddleware
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "citylab.problems.problem_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": f"{CITY.name} City Lab",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "APPEND_COMPONENTS": {"securitySchemes": {"reportToken": {"type": "http", "scheme": "bearer"}, "partnerKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"}}},
}

# --- logs -------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "filters": {"without_addresses": {"()": "citylab.log_addresses.WithoutAddresses"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["without_addresses"]}},
    "root": {"handlers": ["console"], "level": env("CITYLAB_LOG_LEVEL", default="INFO")},
    "loggers": {"axes": {"level": "WARNING"}, "pyogrio": {"level": "WARNING"}, "fontTools": {"level": "WARNING"}, "weasyprint": {"level": "WARNING"}},
}
