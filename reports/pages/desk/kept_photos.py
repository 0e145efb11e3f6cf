"""Photos chosen in a form of the desk: kept on the server under the form's id, so that a form which comes back still has them.

As on the residents' plain pages: a draft without answers names the files for some hours, and the reaper removes what was never used.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from django.http import HttpRequest

from reports import drafts
from reports.casework import NotDone
from reports.drafts import KeptFile
from reports.pages.report_files import take_photos

FIELD = "photos"  # of a form: the files; `drop`, the kept ones to be left out, by SHA-256


class PhotosRefused(NotDone):
    """Some of the chosen photos cannot be used; the others are kept. `sentences` says which and why."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


def read_id(text: str) -> UUID:
    """The id that a form carries, or one for a form that has none."""
    try:
        return UUID(text)
    except ValueError:
        return uuid4()


def keep_photos(request: HttpRequest, form: UUID) -> None:
    """Keep what came with the form beside what it has already, without what is to be left out. Raises PhotosRefused, then too."""
    dropped = request.POST.getlist("drop")
    if not dropped and not request.FILES.getlist(FIELD):
        return
    with drafts.writing(form) as (draft, _begun):
        for sha256 in dropped:
            drafts.drop_photo(draft, sha256)
        refused = take_photos(request, draft, (FIELD,))
    if refused:
        raise PhotosRefused(refused["photos"])


def kept_photos(form: UUID) -> list[KeptFile]:
    """The photos that a form has, in the order in which they came."""
    return drafts.photos_of(drafts.find(form))
