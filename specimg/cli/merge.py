"""``specimg merge``: one manifest for the parts of a sharded run."""

from pathlib import Path
from typing import Annotated

import typer

from specimg.cli import exit_codes
from specimg.cli.errors import stop_on_errors
from specimg.cli.summary import describe_points, describe_strays, describe_unread
from specimg.cli.terminal import say
from specimg.errors import count
from specimg.settings import PASSED_OVER_NAME

Out = Annotated[
    Path,
    typer.Argument(metavar="OUT", help="The folder that all parts were written to."),
]


@stop_on_errors()
def merge(out: Out) -> None:
    """Write the manifest of a run that was made in parts with --shard.

    Checks that all parts are there, finished, and made with the same settings.

    Exit status: 0 complete, 1 not complete, 3 complete, but some recordings failed.
    """
    from specimg.output.tables import merge_parts  # noqa: PLC0415 - keeps --help fast

    merged = merge_parts(out)
    say(
        f"merged {count(merged.parts, 'part')}: {count(merged.images, 'image')}, "
        f"{count(merged.failures, 'failure')}, {merged.manifest} in {out}"
    )
    strays = describe_strays(merged.strays, out)
    for line in (*describe_points(*merged.points), *strays):
        say(line)
    if merged.passed_over:
        where = out / PASSED_OVER_NAME
        say(f"{describe_unread(merged.passed_over)}: see {where}")
    if merged.failures:
        raise typer.Exit(exit_codes.SOME_FAILED)
