"""Crews: what a team goes to on a day, in which order, on paper and on its phone, and what it found there."""
