"""The Celery application. A broker message is only a hint: the truth is a row in the database."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guarantee.settings")

app = Celery("guarantee")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
