"""Text as it is compared in searches: lower case, without diacritics and punctuation.

"Chợ Hàn", "cho han" and "CHỢ HÀN!" become the same words, and so do "Hoà" and "Hòa", in composed or decomposed form.
"""

import re
import unicodedata
from collections.abc import Iterable

# Letters that Unicode does not decompose into a letter and a mark.
WHOLE_LETTERS = str.maketrans({"đ": "d", "ð": "d", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i"})


def plain(text: str) -> str:
    """The words of a text for comparing: lower-case letters and digits with one space between words."""
    decomposed = unicodedata.normalize("NFD", text.casefold()).translate(WHOLE_LETTERS)
    letters = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return " ".join(re.findall(r"[^\W_]+", letters))


def search_column(names: Iterable[str]) -> str:
    """Several names for one `search` column, one a line, each once."""
    return "\n".join(dict.fromkeys(filter(None, map(plain, names))))
