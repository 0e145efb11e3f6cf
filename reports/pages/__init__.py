"""The pages of this room: thin views that parse, call one verb, and draw."""
