"""`python -m tests.faults.undisturbed`: delivers sheets one after the other in one process that nobody disturbs.

A line of standard input is a delivery, {"sheet": text, "month": "2026-03", "mode": "merge"}; a line of output answers it.
"""

import io
import json
import os
import sys
from datetime import date

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()

    from evaluation.models import User
    from evaluation.services import uploads
    from evaluation.services.recompute import recompute_all_stale

    staff = User.objects.get(username="staff")
    for line in sys.stdin:
        delivery = json.loads(line)
        upload = uploads.receive(
            dataset="cases", file=io.BytesIO(delivery["sheet"].encode()), filename="cases.csv", by=staff,
            institution=staff.institution, month=date.fromisoformat(f"{delivery['month']}-01"), mode=delivery["mode"],
        )  # fmt: skip
        upload = uploads.submit(upload=uploads.check_upload(upload), by=staff, removal_confirmed=True)
        upload = uploads.store(upload)
        recompute_all_stale()
        print(upload.status, flush=True)


if __name__ == "__main__":
    main()
