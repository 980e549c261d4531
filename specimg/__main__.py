"""The entry of the command line: ``specimg`` and ``python -m specimg``."""

import sys


def main() -> None:
    """Run the command line."""
    # A worker would load the module that is called __main__ as well, which is the
    # command line, of which it needs nothing.
    script = sys.modules["__main__"]
    script.__spec__ = None
    vars(script).pop("__file__", None)
    if sys.argv[1:2] == ["convert"] and len(sys.argv) > 3:
        from specimg.batch.server import start_server  # noqa: PLC0415 - only for this

        start_server()
    from specimg import cli  # noqa: PLC0415 - the server is to be first

    cli.main()


if __name__ == "__main__":
    main()
