"""Read by gunicorn wherever it is started in this folder: its logs hold no request text."""

from config.logs import ACCESS, WebLogger

logger_class = WebLogger
access_log_format = ACCESS
