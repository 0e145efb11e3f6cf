"""What the pages that take a list say of one that cannot be read, and how they read the file of their form."""

from __future__ import annotations

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext as _

from citylab.templatetags.words import decimal
from reports.csv_list import MOST_BYTES, ListUnreadable


def sent_list(request: HttpRequest) -> bytes:
    """What the file `list` of a form holds, as far as a list may be long. Raises ListUnreadable without one."""
    file = request.FILES.get("list")
    if not isinstance(file, UploadedFile):
        raise ListUnreadable("no_file")
    return file.read(MOST_BYTES + 1)


def why_unreadable(trouble: ListUnreadable) -> str:
    """The sentence for a list of which nothing was taken."""
    match trouble.reason:
        case "no_file":
            return _("Choose a file first.")
        case "too_large":
            return _("The file is larger than 1 MB, and nothing of it was taken. Split it into several.")
        case "not_utf8":
            return _("The file is not in UTF-8. Save it as “CSV UTF-8”.")
        case "columns_missing":
            return _("Columns are missing in the first line: %(names)s.") % trouble.facts
        case "empty":
            return _("The file has no line below its first.")
        case "too_many":
            facts = {name: decimal(value, 0) for name, value in trouble.facts.items()}
            return _("The file has %(lines)s lines; %(most)s are taken at once. Nothing of it was taken: split it into several files.") % facts
    return _("Line %(line)s cannot be read: a quotation mark is not closed, or stands in the wrong place. Nothing of the file was taken.") % trouble.facts
