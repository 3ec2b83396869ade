"""The site as it is, with the empty view beside its pages, and links to static files without their hashes.

Collecting and compressing the static files takes a minute; a page takes the same time with either links.
"""

from django.conf import settings
from django.core.wsgi import get_wsgi_application

settings.ROOT_URLCONF = "tests.bench.urls"
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
application = get_wsgi_application()
