"""Which frontend is best for given recordings: one model a frontend, and its score."""
