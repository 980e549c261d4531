"""The entry of the command line: ``specimg`` and ``python -m specimg``."""

from specimg.signals import exit_at_once, exit_on_signals

# ruff: noqa: I001 - nothing may come before
import sys


def main() -> None:
    """Run the command line."""
    exit_on_signals()
    try:
        # First, because later there may be no file left to read it from.
        from specimg import resources  # noqa: PLC0415

        resources.check_address_space()
        _run()
    except (OSError, ImportError, RuntimeError, MemoryError, SystemError) as error:
        line = _describe_shortage(error)
        if not line:
            raise
        # Not by sys.exit: what Python does at exit may need what is lacking.
        _complain(f"Error: {line}")
        exit_at_once(1)


def _describe_shortage(error: BaseException) -> str:
    """Return what the machine allows too little of; empty if that is not the reason."""
    try:
        from specimg.errors import ResourceError  # noqa: PLC0415
        from specimg.resources import describe_shortage, is_shortage  # noqa: PLC0415

        if isinstance(error, ResourceError):
            return str(error)
        return describe_shortage(error) if is_shortage(error) else ""
    except (OSError, ImportError, MemoryError):
        return "too little memory or too few open files allowed: see ulimit -a"


def _run() -> None:
    from specimg import startup  # noqa: PLC0415 - after the check of memory

    startup.load_script_once()
    startup.use_one_thread()
    if startup.will_convert():
        from specimg.batch.forkserver import start_server  # noqa: PLC0415 - only for this

        start_server()
    from specimg import cli  # noqa: PLC0415 - the server is to be first

    cli.main()


def _complain(line: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


if __name__ == "__main__":
    main()
