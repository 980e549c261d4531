"""What the exit status says of a command that no signal has ended."""

SUCCESS = 0
STOPPED = 1
"""Stopped, refused, or something is wrong with what was checked."""
WRONG_USAGE = 2
"""Options or arguments that cannot be understood; Typer exits with it by itself."""
SOME_FAILED = 3
"""Finished, but some recordings failed, or some images are missing or damaged."""
