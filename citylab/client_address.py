"""Where a request comes from, for what counts wrong passwords: the phone or office, not the proxy in front of the site."""

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
