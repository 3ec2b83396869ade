#!/usr/bin/env python
import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:] == ["stop_services"]:  # before the settings, which would start the services first
        from config.embedded import ServicesUnavailable, stop

        try:
            print("Stopped: " + (", ".join(stop()) or "nothing was running") + ".")
        except ServicesUnavailable as error:
            raise SystemExit(str(error)) from None
        return

    from django.core.management import execute_from_command_line
    from django.db import ProgrammingError

    try:
        execute_from_command_line(sys.argv)
    except ProgrammingError as error:
        from evaluation.management.databases import NOT_MIGRATED, is_not_migrated

        if not is_not_migrated(error):
            raise
        raise SystemExit(NOT_MIGRATED) from None


if __name__ == "__main__":
    main()
