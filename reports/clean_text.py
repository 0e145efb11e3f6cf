"""Text as it is stored everywhere: composed, one kind of line end, nothing that a database or a page chokes on."""

import re
import unicodedata

# Control characters except tab and line feed; halves of surrogate pairs, which no UTF-8 text can hold; U+FFFE and
# U+FFFF, which XML (and so every spreadsheet) forbids; the marks that turn the direction of writing, by which a text can
# show something else than it says.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def clean_text(text: str) -> str:
    """NFC, line ends as “\\n”, no control characters, no space around. Cheap for text that is clean already."""
    if text.isascii() and text.isprintable():
        return text.strip()
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _UNPRINTABLE.sub("", text)).strip()
