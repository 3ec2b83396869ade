"""Where a request comes from, behind none, one and several proxies."""

import pytest
from django.test import RequestFactory

from config.addresses import client_address

PROXY = "10.0.0.9"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, PROXY),
        (0, "192.0.2.1", PROXY),
        (0, "x" * 300, PROXY),
        (1, "192.0.2.1", "192.0.2.1"),
        (1, "203.0.113.66, 192.0.2.1", "192.0.2.1"),
        (1, "nonsense,192.0.2.1 ", "192.0.2.1"),
        (1, "2001:DB8:0::1", "2001:db8::1"),
        (1, "::ffff:192.0.2.1", "192.0.2.1"),
        (2, "203.0.113.66, 192.0.2.1, 10.0.0.8", "192.0.2.1"),
        (2, "192.0.2.1", PROXY),
        (1, None, PROXY),
        (1, "", PROXY),
        (1, "192.0.2.1, unknown", PROXY),
        (1, "fe80::1%" + "x" * 300, PROXY),
        (1, "192.0.2.1, " + "9" * 300, PROXY),
    ],
)
def test_the_address_is_what_our_own_proxies_saw(settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}

    request = RequestFactory().get("/", REMOTE_ADDR=PROXY, headers=headers)

    assert client_address(request) == address


def test_a_socket_without_address_has_none():
    assert client_address(RequestFactory().get("/", REMOTE_ADDR="")) == ""
