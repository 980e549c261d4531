"""What specimg reads is what ffmpeg reads, for every recording that is at hand."""

from pathlib import Path

import numpy as np
import pytest
from sounds import SHARED, needs_shared, read_samples, same_sound
from tools import decode, needs

from specimg.errors import RecordingError

SLACK = 2400
"""Samples by which lengths may differ: what encoders add, and decoders leave."""

EXCEPTIONS = {
    "generated/chained_same.ogg": (
        "ffmpeg keeps the samples that the last page of the first stream cuts off"
    ),
    "pcmwaveformat-24bit-4byte-48kHz-stereo.wav": (
        "two samples of 24 bits at the lower end of 4 bytes, against the standard"
    ),
    "waveformatextensible-24bit-4byte-48kHz-stereo.wav": "as the one before",
    "test-8000Hz-be-3ch-5S-24bit.wav": (
        "ffmpeg reads the 24 bits of RIFX from the other end; they are the thirds of "
        "full scale that SciPy wrote"
    ),
    "generated/g721.wav": "ffmpeg decodes G.721 from the other end of each byte",
    "faulty/01 - wrong max blocksize.flac": "ffmpeg gives up at the first large frame",
    "uncommon/04 - changing bitdepth.flac": "ffmpeg stops where the depth changes",
}
"""By the end of their path: where ffmpeg is no witness, and why."""


def compare(path: Path) -> str:
    """Say what becomes of a recording, and whether ffmpeg reads the same."""
    try:
        got, rate, warning = read_samples(path)
    except RecordingError as error:
        return f"failed: {error}"
    expected = decode(path, rate)
    if not expected.size:
        return "not decoded by ffmpeg"
    if warning:
        return f"warned: {warning}"
    if abs(len(got) - len(expected)) > SLACK:
        return f"silent: {len(got)} samples, but {len(expected)} by ffmpeg"
    got, expected = (np.nan_to_num(x, posinf=0, neginf=0) for x in (got, expected))
    n = min(len(got), len(expected))
    # ffmpeg decodes some to 16 bits, which is all that there is of a faint sound.
    is_faint = np.abs(got[:n] - expected[:n]).max(initial=0) < 4 / 2**15
    similarity = 1.0 if is_faint else same_sound(got, expected, SLACK)
    return "same" if similarity > 0.99 else f"silent: a correlation of {similarity:.3f}"


@needs("ffmpeg")
@needs_shared
@pytest.mark.slow
def test_no_recording_differs_from_what_ffmpeg_reads_without_a_word(odd: Path) -> None:
    kinds: dict[str, int] = {}
    differences = []
    excused = set()
    for folder in (odd, SHARED / "field"):
        for path in sorted(folder.rglob("*")):
            if not path.is_file():
                continue
            result = compare(path)
            kind = result.partition(":")[0]
            kinds[kind] = kinds.get(kind, 0) + 1
            name = path.relative_to(folder).as_posix()
            reason = next((e for e in EXCEPTIONS if name.endswith(e)), None)
            if kind == "silent" and reason:
                excused.add(reason)
            elif kind == "silent":
                differences.append(f"{name}: {result}")
    print(kinds)  # noqa: T201
    assert not differences
    assert excused == EXCEPTIONS.keys()
    assert kinds["same"] > 250
