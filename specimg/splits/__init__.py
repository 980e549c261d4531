"""Which part of a dataset a recording is in: train, test, and what else is wanted."""
