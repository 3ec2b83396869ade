from django.db import models


class AttemptCount(models.Model):
    """How often something was tried in a window of time: wrong passwords of an account or from an address, and what may
    be noted once a minute only. A table of its own, since a cache forgets when it is full; rows of ended windows are
    deleted (evaluation/services/attempts.py)."""

    key = models.CharField(max_length=150, primary_key=True)
    count = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self):
        return f"{self.key} {self.count}"
