"""NIST SPHERE files, of which libsndfile reads what there is, and says nothing.

Source: the SPHERE headers of NIST's speech corpora.
"""

import os
import re
from collections.abc import Iterator
from typing import BinaryIO

from specimg.audio.streams.pieces import TRUNCATED, Stream
from specimg.audio.tags import read_at

NIST = b"NIST_1A\n"
_NUMBER = re.compile(rb"^(\w+) -i (\d{1,15})", re.MULTILINE)


def nist_streams(file: BinaryIO) -> Iterator[Stream]:
    """Yield the one stream of a file, with a word if it has too few samples."""
    size = file.seek(0, os.SEEK_END)
    head = read_at(file, 0, 2**10)
    numbers = {name: int(number) for name, number in _NUMBER.findall(head)}
    begin = head[len(NIST) : len(NIST) + 8].strip()
    claimed = int(begin) if begin.isdigit() else 0
    n_bytes = numbers.get(b"sample_n_bytes", 0) * numbers.get(b"channel_count", 1)
    claimed += numbers.get(b"sample_count", 0) * n_bytes
    yield Stream(warning=TRUNCATED if size < claimed else "")
