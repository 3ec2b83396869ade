"""`python -m config.embedded stop` ends the embedded services."""

import sys

from . import ServicesUnavailable, stop

if sys.argv[1:] != ["stop"]:
    raise SystemExit("usage: python -m config.embedded stop")
try:
    print("Stopped: " + (", ".join(stop()) or "nothing was running") + ".")
except ServicesUnavailable as error:
    raise SystemExit(str(error)) from None
