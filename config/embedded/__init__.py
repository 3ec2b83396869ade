"""Embedded PostgreSQL and Redis for development, tests and the demo; production names its own (see env.py).

Both live in YILIAN_HOME, listen on 127.0.0.1 with random passwords, outlive the process that started them and are ended
by `stop()` from any process.
"""

from .launcher import Services, ensure, missing, stop
from .place import ServicesUnavailable, home, make_home, private_file

__all__ = ["Services", "ServicesUnavailable", "ensure", "home", "make_home", "missing", "private_file", "stop"]
