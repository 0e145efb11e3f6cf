"""How long what is kept, in days, each with its reason. `retention.py` lets go of it."""

from __future__ import annotations

DEVICE_DAYS = 30  # long enough to see that one phone floods; nothing needs it afterwards
CONTACT_DAYS = 90  # after the case was closed: time for “not clean” and for the answer to it
VOICE_DAYS = 30  # somebody has listened by then, or nobody will
ORIGINAL_DAYS = 30  # of photos: renditions stay, what the phone wrote beside the picture goes
STAFF_LETTER_DAYS = 180  # letters to the staff: that one was sent about a hazard matters while its case may be open
REQUEST_DAYS = 90  # after a request about data was answered, its words and the answer go; that it was in time stays
