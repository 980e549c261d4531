"""Many recordings: workers, resume, faults."""
