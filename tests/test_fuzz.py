"""Two thousand damaged recordings: each ends in images or in a reason."""

import random
from pathlib import Path

import pytest
import soundfile
from sounds import chirps, rows, specimg, specimg_and_peak, write

MUTANTS = 2000
LIMIT_KILOBYTES = 600 * 1024

KINDS = {
    "s16.wav": {"format": "WAV", "subtype": "PCM_16"},
    "u8.wav": {"format": "WAV", "subtype": "PCM_U8"},
    "float.wav": {"format": "WAV", "subtype": "FLOAT"},
    "adpcm.wav": {"format": "WAV", "subtype": "IMA_ADPCM"},
    "rf64.wav": {"format": "RF64", "subtype": "PCM_16"},
    "wave64.w64": {"format": "W64", "subtype": "PCM_16"},
    "aiff.aiff": {"format": "AIFF", "subtype": "PCM_24"},
    "caf.caf": {"format": "CAF", "subtype": "PCM_16"},
    "au.au": {"format": "AU", "subtype": "ULAW"},
    "flac.flac": {"format": "FLAC", "subtype": "PCM_16"},
    "vorbis.ogg": {"format": "OGG", "subtype": "VORBIS"},
    "opus.opus": {"format": "OGG", "subtype": "OPUS"},
    "cbr.mp3": {"format": "MP3", "bitrate_mode": "CONSTANT"},
    "vbr.mp3": {"format": "MP3", "bitrate_mode": "VARIABLE"},
}
LONG = ("s16.wav", "flac.flac", "vorbis.ogg", "vbr.mp3", "opus.opus")


def mutate(data: bytes, chance: random.Random) -> bytes:
    """Damage a file in one of the ways in which files are damaged."""
    mutant = bytearray(data)
    size = len(mutant)
    match chance.randrange(8):
        case 0:  # bits flip anywhere
            for _ in range(chance.choice([1, 10, 200])):
                mutant[chance.randrange(size)] ^= 1 << chance.randrange(8)
        case 1:  # or in the header
            for _ in range(chance.choice([1, 3, 10])):
                mutant[chance.randrange(min(size, 128))] ^= 1 << chance.randrange(8)
        case 2:  # numbers of the header become extreme
            at = chance.randrange(min(size, 96))
            length = chance.choice([1, 2, 4, 8])
            mutant[at : at + length] = chance.choice([b"\xff", b"\0", b"\x7f"]) * length
        case 3:  # the end is missing
            del mutant[chance.randrange(size) :]
        case 4:  # something in the middle is missing
            at = chance.randrange(size)
            del mutant[at : at + chance.choice([1, 100, 5000])]
        case 5:  # or is zero
            at = chance.randrange(size)
            hole = mutant[at : at + chance.choice([16, 600, 8000])]
            mutant[at : at + len(hole)] = bytes(len(hole))
        case 6:  # or comes twice
            at = chance.randrange(size)
            mutant[at:at] = mutant[at : at + chance.choice([10, 1000, size])]
        case _:  # something follows
            mutant += chance.choice([data, data[: size // 2], bytes(5000), b"TAG"])
            mutant += chance.randbytes(chance.choice([0, 3, 4000]))
    return bytes(mutant)


@pytest.mark.slow
def test_2000_mutants_end_in_images_or_in_a_reason(tmp_path: Path) -> None:
    chance = random.Random(11)  # noqa: S311
    originals = {
        name: write(tmp_path / name, chirps(1.5, 16_000), 16_000, **options)
        for name, options in KINDS.items()
    }
    for name in LONG:
        path = originals[f"long-{name}"] = tmp_path / f"long-{name}"
        # A minute at a time: libsndfile crashes where Vorbis is written in one piece.
        with soundfile.SoundFile(path, "w", 8000, 1, **KINDS[name]) as file:
            for minute in range(11):
                file.write(chirps(60, 8000, minute))
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(MUTANTS):
        names = list(KINDS) if number % 50 else [f"long-{name}" for name in LONG]
        name = names[
            number // 50 % len(names) if number % 50 == 0 else number % len(names)
        ]
        mutant = mutate(originals[name].read_bytes(), chance)
        (folder / f"{number:04d}-{name}").write_bytes(mutant)
    out = tmp_path / "out"
    small = ("--sr", "8000", "--n-mels", "16", "--hop-length", "800", "--fmin", "200")
    result, peak = specimg_and_peak(
        "convert", folder, out, *small, "--clip-duration", "10"
    )
    print(result.stdout)  # noqa: T201
    assert peak < LIMIT_KILOBYTES
    assert result.returncode in (0, 1, 3)
    assert "Traceback" not in result.stderr
    converted = {row["source"] for row in rows(out / "manifest.csv")}
    failures = {row["source"]: row for row in rows(out / "failures.csv")}
    assert not converted & failures.keys()
    assert len(converted) + len(failures) == MUTANTS
    assert {row["stage"] for row in failures.values()} <= {"open", "decode", "clip"} | {
        "render"
    }
    deep = specimg("verify", "--deep", out)
    assert (deep.returncode, "Traceback" in deep.stderr) == (0, False), deep.stdout
