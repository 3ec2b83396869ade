"""Where a request comes from: one answer for limits and the audit trail."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address that the outermost of our proxies saw. What stands left of it in X-Forwarded-For the visitor may have
    written; without proxies, or when the heading makes no sense, it is who speaks to this process."""
    proxies = settings.TRUSTED_PROXIES
    if proxies:
        passed_on = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(passed_on) >= proxies and (address := _valid(passed_on[-proxies])):
            return address
    return _valid(request.META.get("REMOTE_ADDR", ""))


def _valid(text: str) -> str:
    """In its shortest form; empty if it is none. A zone (fe80::1%eth0) is refused: it may hold any text."""
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return ""
    if address.version == 6:
        if address.scope_id:
            return ""
        address = address.ipv4_mapped or address
    return str(address)
