"""The public address of a published photo, and the page on which anybody says that a person can be seen on it.

No account, no cookie, no script; and nothing tells whether a photo exists that is not public.
"""

from __future__ import annotations

from django.core.files.storage import storages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import get_conditional_response
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from reports.models import Photo
from reports.photos import publishing, store


@require_safe
def public_photo(request: HttpRequest, photo: int, size: str) -> HttpResponse:
    """The blurred rendition of a public photo. Asked for anew each time, so that a flag hides it at once; 304 costs nothing."""
    if size not in publishing.SIZES:
        raise Http404
    found = get_object_or_404(Photo.objects.public(), pk=photo)
    name, digest = getattr(found, f"public_{size}_name"), getattr(found, f"public_{size}_sha256")
    etag = f'"{digest}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        try:
            response = FileResponse(storages[store.RENDITIONS].open(name, "rb"), content_type="image/jpeg")
        except OSError:
            raise Http404 from None
        response["Content-Disposition"] = f'inline; filename="{found.pk}-{size}.jpg"'
        response["Content-Encoding"] = "identity"  # a JPEG gains nothing by being packed again
    response["ETag"] = etag
    response["Cache-Control"] = "public, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def flag_photo(request: HttpRequest, photo: int) -> HttpResponse:
    """Shows the photo and asks; sending hides it until a person of the city looks.

    A second sending gets the same thanks, and so does one about a photo that is not there: neither tells anything.
    """
    if request.method == "POST":
        publishing.flag(Photo(pk=photo))
        response = render(request, "resident/photo_flagged.html")
    else:
        found = get_object_or_404(Photo.objects.public().select_related("report__case", "case"), pk=photo)
        response = render(request, "resident/flag_photo.html", {"photo": found, "url": publishing.public_url(found, "small")})
    response["Cache-Control"] = "no-store"
    return response
