"""Static files: only those in use, under names with the hash of their content, compressed once.

WhiteNoise compresses everything anew at each `collectstatic`, under both names, source maps too: 90 seconds of
processor time at every start of the demo. A hashed name means the same content, so that what is there stays.
"""

import re
from pathlib import Path

from django.contrib.staticfiles.apps import StaticFilesConfig
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

HASHED = re.compile(r"\.[0-9a-f]{12}\.(?!map$)\w+$")


class StaticFiles(StaticFilesConfig):
    # Plotly's notebook widget, and pages that drf-spectacular and the REST framework offer but nobody opens here.
    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "widgetbundle.js", "redoc", "rest_framework"]


class OnceCompressor(Compressor):
    def should_compress(self, filename: str) -> bool:
        return bool(HASHED.search(filename)) and super().should_compress(filename)

    def compress(self, path: str) -> list[str]:
        return [] if Path(f"{path}.br").exists() else super().compress(path)


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    def create_compressor(self, **options: object) -> OnceCompressor:
        return OnceCompressor(**options)
