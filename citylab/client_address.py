"""Where a request comes from, for what counts wrong passwords: the phone or office, not the proxy in front of the site."""

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address of the client. Behind HTTPS every request comes through the proxy, which names the client itself.

    Only the last address in X-Forwarded-For is the proxy's own word; what stands before it, the client may have invented. Without
    a proxy the header is not believed at all. The site must be reachable through the proxy only, as `bin/up` sees to.
    """
    direct = request.META.get("REMOTE_ADDR", "")
    if not settings.HTTPS:
        return direct
    return request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() or direct


def client_network(request: HttpRequest) -> str:
    """What wrong passwords are counted for: an IPv4 address, or the /64 of an IPv6 one, of which a single phone has 2**64 addresses."""
    address = client_address(request)
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if not isinstance(known, IPv6Address):
        return address
    return str(known.ipv4_mapped or ip_network((int(known), 64), strict=False).network_address)
