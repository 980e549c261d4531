"""Make the folders of recordings that the page "Which frontend?" compares frontends on.

Run it as ``python docs/which_frontend/make_data.py --noise DIR [--insects DIR]
[--esc10 DIR] [--digits DIR] [--birds DIR] OUT``.  It needs numpy and soundfile, and
downloads nothing.  What it reads are checkouts of these repositories on GitHub:

``--noise``
    scikit-maad/scikit-maad, of which ``data/indices`` has ten seconds a quarter of an
    hour, of a day in a forest (BSD-3).  Only those at full hours are taken, 24.
``--insects``
    juliankraft/TermPaper1-Ecoacoustics, which holds InsectSet32 by Faiss, Odé and
    Baker (CC BY 4.0): a folder for each species in ``data/ORDER``.  Files of 4 MiB or
    more, over 47 s of sound, are left out: three, of one species.
``--esc10``
    karolpiczak/ESC-50, whose ``meta/esc50.csv`` says which clips are ESC-10 by K. J.
    Piczak (CC BY); or a folder that has a folder of clips for each class.
``--digits``
    Jakobovski/free-spoken-digit-dataset (CC BY-SA 4.0).  Of 3,000 recordings, 600 are
    drawn: ten for each digit and speaker.
``--birds``
    danielcfurr/phoebe, which holds six seconds each of 100 recordings of xeno-canto,
    of ten species.  Their licences are in ``audio/data/licenses.md``: nearly all are
    CC BY-NC-SA, so they are free to use, but not to sell.

For each set, OUT gets two folders, ``SET`` and ``SET-noisy``, with the same names:
``CLASS/GROUP/NAME.flac``, where recordings of one group must not be divided between
training and test, or ``CLASS/NAME.flac``.  The noisy one has noise of the forest, from
as strong as the recording to 10 dB stronger, by the mean power above 500 Hz: below that
the noise is mostly wind, and is taken out.  What is drawn depends on ``--seed`` and the
name of the recording only.
"""

import argparse
import csv
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import soundfile
from numpy.typing import NDArray

Sound = NDArray[np.float64]

RATIO = (-10.0, 0.0)
"""Signal to noise in dB, between which each recording's is drawn."""

LOWEST = 500.0
"""Hz below which noise is taken out, and nothing counts for the ratio."""

TOO_LARGE = 4 * 2**20
"""Bytes of a file of InsectSet32 that is left out."""

DIGITS_EACH = 10
"""Recordings of each digit and speaker."""

SESSION = re.compile(r"MHV \d+|dat\d+|(?<!\d)(?:20)?\d{6}(?!\d)")
"""What recordings of one session have in common in InsectSet32's names: the number of
the collector, of one place; the tape of the recorder; or the date."""


@dataclass(frozen=True)
class Recording:
    """A recording, and where it belongs in the folder of its set."""

    path: Path
    label: str
    group: str = ""

    @property
    def name(self) -> str:
        """What the copies are called, below the folder of the set."""
        return (
            "/".join(filter(None, [self.label, self.group, self.path.stem])) + ".flac"
        )


def insects(folder: Path, _seed: int) -> Iterator[Recording]:
    """List InsectSet32, grouped by session."""
    for path in folder.glob("data/*/*/*.wav"):
        if path.stat().st_size < TOO_LARGE:
            name = unquote(path.stem)
            found = SESSION.search(name)
            yield Recording(path, path.parent.name, found[0] if found else name)


def esc10(folder: Path, _seed: int) -> Iterator[Recording]:
    """List ESC-10, grouped by the recording on Freesound that clips are cut from."""
    table = folder / "meta" / "esc50.csv"
    if table.exists():
        with table.open(encoding="utf-8") as file:
            clips = [
                (folder / "audio" / row["filename"], row["category"])
                for row in csv.DictReader(file)
                if row["esc10"] == "True"
            ]
    else:
        clips = [
            (path, path.parent.name)
            for path in folder.glob("*/*")
            if path.suffix in {".ogg", ".wav"}
        ]
    for path, label in clips:
        yield Recording(path, label, path.stem.split("-")[1])


def digits(folder: Path, seed: int) -> Iterator[Recording]:
    """Draw from the spoken digits, grouped by speaker."""
    of_speaker: dict[tuple[str, str], list[Path]] = {}
    for path in sorted(folder.glob("recordings/*_*_*.wav")):
        digit, speaker, _ = path.stem.split("_")
        of_speaker.setdefault((digit, speaker), []).append(path)
    for (digit, speaker), paths in of_speaker.items():
        generator = draw(seed, f"{digit}/{speaker}")
        count = min(DIGITS_EACH, len(paths))
        for number in generator.choice(len(paths), count, replace=False):
            yield Recording(paths[number], digit, speaker)


def birds(folder: Path, _seed: int) -> Iterator[Recording]:
    """List the recordings of birds, each of which is alone."""
    data = folder / "audio" / "data"
    table = data / "analysis.csv"
    if not table.exists():
        return
    with table.open(encoding="utf-8") as file:
        species = {row["id"]: row["scientific_name"] for row in csv.DictReader(file)}
    for path in data.glob("processed/*.mp3"):
        yield Recording(path, species[path.stem])


SETS: dict[str, Callable[[Path, int], Iterator[Recording]]] = {
    "insects": insects,
    "esc10": esc10,
    "digits": digits,
    "birds": birds,
}


def draw(seed: int, name: str) -> np.random.Generator:
    """Return a generator that depends on a name, and not on what was drawn before."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def read(path: Path) -> tuple[Sound, int]:
    """Read a recording as mono."""
    samples, rate = soundfile.read(path, always_2d=True)
    return samples.mean(axis=1), rate


def write(path: Path, samples: Sound, rate: int) -> None:
    """Write FLAC with 16 bit, quieter if need be, but never clipped."""
    path.parent.mkdir(parents=True, exist_ok=True)
    peak = max(1.0, np.abs(samples).max(initial=0) / (1 - 2**-15))
    soundfile.write(path, samples / peak, rate, subtype="PCM_16")


def cut_low(samples: Sound, rate: int) -> Sound:
    """Take out what lies below `LOWEST`, and with it the offset of the recorder."""
    spectrum = np.fft.rfft(samples)
    spectrum[np.fft.rfftfreq(samples.size, 1 / rate) < LOWEST] = 0
    return np.fft.irfft(spectrum, samples.size)


def read_noise(folder: Path) -> tuple[Sound, int]:
    """Read the noise of all full hours, one after the other, and equally loud."""
    paths = sorted(folder.glob("S4A03895_*_??0000.wav"))
    if not paths:
        sys.exit(
            f"{folder}: no S4A03895_*_??0000.wav; need data/indices of scikit-maad"
        )
    parts = []
    for path in paths:
        samples, rate = read(path)
        part = cut_low(samples, rate)
        parts.append(part / np.sqrt(np.mean(part**2)))
    return np.concatenate(parts), rate


def take_noise(
    noise: Sound, noise_rate: int, length: int, rate: int, start: float
) -> Sound:
    """Cut noise from a place on, from 0 to 1 of it, and bring it to another rate.

    The spectrum is cut off, or continued with zeros: noise has nothing above half of
    its own rate.
    """
    count = round(length * noise_rate / rate) + 1  # so that enough is left
    first = int(start * noise.size)
    piece = np.take(noise, np.arange(first, first + count), mode="wrap")
    resampled_length = round(count * rate / noise_rate)
    resampled = np.fft.irfft(np.fft.rfft(piece), resampled_length)
    return resampled[:length]


def add_noise(signal: Sound, noise: Sound, rate: int, ratio: float) -> Sound:
    """Mix so that the mean power of the signal is `ratio` dB above that of the noise.

    That is the power above `LOWEST`; the sum is as loud as the signal was.
    """
    audible = np.mean(cut_low(signal, rate) ** 2)
    gain = np.sqrt(audible / 10 ** (ratio / 10) / np.mean(noise**2))
    mixed = signal + gain * noise
    if not mixed.any():
        return mixed
    return mixed * np.sqrt(np.mean(signal**2) / np.mean(mixed**2))


def make(
    recordings: list[Recording],
    out: Path,
    name: str,
    noise: Sound,
    noise_rate: int,
    seed: int,
) -> float:
    """Write both folders of a set; return its seconds."""
    seconds = 0.0
    for recording in sorted(recordings, key=lambda one: one.name):
        signal, rate = read(recording.path)
        generator = draw(seed, f"{name}/{recording.name}")
        ratio, start = generator.uniform(*RATIO), generator.random()
        piece = take_noise(noise, noise_rate, signal.size, rate, start)
        write(out / name / recording.name, signal, rate)
        noisy = add_noise(signal, piece, rate, ratio)
        write(out / f"{name}-noisy" / recording.name, noisy, rate)
        seconds += signal.size / rate
    return seconds


def main() -> None:
    """Make what is asked for, and say what it holds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--noise", type=Path, required=True, metavar="DIR")
    for name in SETS:
        parser.add_argument(f"--{name}", type=Path, metavar="DIR")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("out", type=Path, metavar="OUT")
    options = parser.parse_args()
    noise, noise_rate = read_noise(options.noise)
    for name, find in SETS.items():
        folder = getattr(options, name)
        if folder is None:
            continue
        recordings = list(find(folder, options.seed))
        if not recordings:
            sys.exit(f"{folder}: no recordings as --{name} needs them; see --help")
        seconds = make(recordings, options.out, name, noise, noise_rate, options.seed)
        classes = len({one.label for one in recordings})
        groups = len({one.group or one.name for one in recordings})
        print(  # noqa: T201 - a script
            f"{name}: {len(recordings)} recordings in {groups} groups, {classes} "
            f"classes, {seconds / 60:.1f} minutes"
        )


if __name__ == "__main__":
    main()
