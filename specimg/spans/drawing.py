"""Drawing clips by lot, so that each of them has its lot from nothing but itself."""

import hashlib

from specimg.arrays import DECIMALS


class Lots:
    """Gives each clip a number that decides, by its size, whether it is drawn.

    The smallest numbers are drawn.  A number does not depend on what other clips there
    are, nor on their order: where recordings come or go, only those clips are drawn
    anew that have to make room, or that room is made for.

    Parameters
    ----------
    seed : int
        Another one gives all clips other numbers.
    purpose : str
        So do two purposes, which therefore do not draw the same clips.
    """

    def __init__(self, seed: int, purpose: str) -> None:
        self._begun = hashlib.blake2b(f"{seed}\0{purpose}\0".encode(), digest_size=8)

    def draw(self, recording: str, start: float) -> int:
        """Return the number of a clip, from 0 to 2**64 - 1.

        Parameters
        ----------
        recording : str
            Its recording's name, which is a path below the folder of the inputs.
        start : float
            Seconds; what differs by less than a nanosecond is the same.
        """
        lot = self._begun.copy()
        text = f"{recording}\0{round(start * 10**DECIMALS)}"
        lot.update(text.encode("utf-8", "surrogatepass"))
        return int.from_bytes(lot.digest(), "big")
