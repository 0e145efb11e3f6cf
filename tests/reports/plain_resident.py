"""A resident with a browser that has neither JavaScript nor cookies, walking through the steps of a report."""

from __future__ import annotations

import html
import re
import uuid
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

STEPS = {"photo": "anh", "place": "vi-tri", "kind": "loai", "nearby": "trung", "send": "gui"}
HERE = {"lon": "108.2051", "lat": "16.0551", "accuracy_m": "12", "location_source": "gps"}


def jpeg(colour: str = "teal") -> bytes:
    """A small real photo."""
    body = BytesIO()
    Image.new("RGB", (64, 48), colour).save(body, "JPEG")
    return body.getvalue()


def file(body: bytes = b"", name: str = "rac.jpg", kind: str = "image/jpeg") -> SimpleUploadedFile:
    """A file as a form carries it."""
    return SimpleUploadedFile(name, body, kind)


class PlainResident:
    """Sends forms to the steps of one report. `answer` is the last answer, `page` its text as a person reads it."""

    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.uuid = uuid.uuid4()
        self.answer = None

    def address(self, step: str) -> str:
        return f"/bao/{self.uuid}/{STEPS[step]}/"

    def see(self, step: str):
        self.answer = self.client.get(self.address(step))
        return self.answer

    def post(self, step: str, **fields):
        self.answer = self.client.post(self.address(step), fields)
        return self.answer

    def with_photo(self, body: bytes | None = None, name: str = "rac.jpg"):
        return self.post("photo", photo_gallery=[file(body if body is not None else jpeg(), name)])

    def up_to_send(self, photo: bool = False, **place):
        """Fills in what comes before the last step: by default the western ward and no photo."""
        if photo:
            self.with_photo()
        else:
            self.post("photo", skip="1")
        self.post("place", **(place or {"area": "W1"}))
        return self.post("kind")

    @property
    def page(self) -> str:
        return html.unescape(self.answer.content.decode())

    @property
    def summary(self) -> list[str]:
        """The sentences of the summary at the top."""
        block = re.search(r'id="summary".*?</div>', self.page, re.S)
        return re.findall(r"<li><a href=[^>]+>(.*?)</a>", block[0], re.S) if block else []

    @property
    def is_error(self) -> bool:
        """Whether the page says that something is wrong, in the way every page does."""
        return self.answer.status_code == 422 and "<title>Lỗi:" in self.page and bool(self.summary)

    def went_to(self, step: str) -> bool:
        return (self.answer.status_code, self.answer.get("Location")) == (303, self.address(step))
