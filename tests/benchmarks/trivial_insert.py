"""The least that takes a JSON body and keeps it durably with Django REST framework: what intake is measured against.

One table, one ModelSerializer, one INSERT, no middleware, no rules. Served by the same command as the site.
"""

import os

import django
from django.conf import settings

TABLE = "bench_trivial"
CREATE = f"""
CREATE TABLE {TABLE} (
    id uuid PRIMARY KEY, longitude double precision NOT NULL, latitude double precision NOT NULL,
    observed_at timestamptz NOT NULL, problem varchar(12) NOT NULL, description text NOT NULL
)
"""


def configure() -> None:
    """Settings of a project that has nothing but this."""
    from citylab.settings import DATABASES  # the same database, kept open in the same way

    settings.configure(
        SECRET_KEY="benchmark", ALLOWED_HOSTS=["*"], DATABASES=DATABASES, ROOT_URLCONF=__name__, USE_TZ=True,
        INSTALLED_APPS=["django.contrib.contenttypes", "rest_framework"], MIDDLEWARE=[],
        REST_FRAMEWORK={
            "DEFAULT_AUTHENTICATION_CLASSES": [], "DEFAULT_PERMISSION_CLASSES": [], "UNAUTHENTICATED_USER": None,
            "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
            "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
        },
        LOGGING_CONFIG=None,
    )  # fmt: skip
    django.setup()


if os.environ.get("CITYLAB_BENCH") == "trivial":
    configure()

    from django.core.wsgi import get_wsgi_application
    from django.db import models
    from django.urls import path
    from rest_framework import generics, serializers

    class Row(models.Model):
        id = models.UUIDField(primary_key=True)
        longitude = models.FloatField()
        latitude = models.FloatField()
        observed_at = models.DateTimeField()
        problem = models.CharField(max_length=12)
        description = models.TextField()

        class Meta:
            app_label = "contenttypes"
            db_table = TABLE
            managed = False

    class RowSerializer(serializers.ModelSerializer):
        class Meta:
            model = Row
            fields = ["id", "longitude", "latitude", "observed_at", "problem", "description"]
            extra_kwargs = {"id": {"validators": []}}  # no query besides the insert

    class Insert(generics.CreateAPIView):
        serializer_class = RowSerializer

        def perform_create(self, serializer: serializers.BaseSerializer) -> None:
            serializer.instance = Row(**serializer.validated_data)
            serializer.instance.save(force_insert=True)

    urlpatterns = [path("rows/", Insert.as_view())]
    application = get_wsgi_application()
