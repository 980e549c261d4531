"""``specimg verify``: whether an output folder holds what its manifest says."""

from typing import Annotated

import typer

from specimg.cli import exit_codes
from specimg.cli.arguments import Out
from specimg.cli.errors import stop_on_errors
from specimg.cli.terminal import say

Deep = Annotated[
    bool,
    typer.Option(
        "--deep", help="Render a sample of the images again from their recordings."
    ),
]


@stop_on_errors()
def verify(out: Out, *, deep: Deep = False) -> None:
    """Check that the images in OUT are those that its manifest lists, and whole.

    Names whatever is wrong, one line each. Where the record of the run is gone, it
    cannot tell whether an image has changed, and says so.

    Exit status: 0 all is right that can be checked, 1 something is wrong.
    """
    from specimg.output.contents import has_record  # noqa: PLC0415 - keeps --help fast
    from specimg.output.verify import find_faults  # noqa: PLC0415

    faults = 0
    for fault in find_faults(out, deep=deep):
        faults += 1
        say(fault)
    if not has_record(out):
        note = "cannot say whether pixels or the manifest have changed"
        say(f"{note}: the record .specimg.sqlite is not here", err=True)
    if faults:
        hint = "the same specimg convert command with --recheck writes anew what is "
        hint += "damaged or gone, and with --overwrite removes the images of specimg "
        hint += "that are not in the manifest"
        say(hint, err=True)
        raise typer.Exit(exit_codes.STOPPED)
    told = "as it was written" if has_record(out) else "there and can be decoded"
    say(f"{out}: every image is {told}")
