"""News for reporters who asked for it: received, cleaned with photo, or refused with a reason. Three messages at most.

Verbs insert a row in the transaction of the change that it tells (`schedule`, `follow`); the row waits 60 seconds, so
that an undo cancels it (`cancel`); the relay hands it to a worker, which sends it (`sending.py`) through the first channel
of the table (`channels.py`) that reaches the reporter, in words that `wording.py` chose.
"""

from reports.notifications.scheduling import cancel, follow, schedule, tell_joined, tell_received, unfollow

__all__ = ["cancel", "follow", "schedule", "tell_joined", "tell_received", "unfollow"]
