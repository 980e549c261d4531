"""The loop that everyone writes: librosa for the sound, Pillow for the picture."""

import sys
from pathlib import Path

import librosa
import numpy as np
from PIL import Image


def to_unit(values: np.ndarray) -> np.ndarray:
    return (values - values.min()) / (values.max() - values.min())


def main(folder: Path, out: Path) -> None:
    out.mkdir()
    for path in sorted(folder.iterdir()):
        samples, rate = librosa.load(path, sr=22_050, duration=3.0)
        mel = to_unit(
            librosa.feature.melspectrogram(
                y=samples,
                sr=rate,
                n_fft=1024,
                win_length=512,
                hop_length=128,
                fmin=50,
                n_mels=128,
                htk=True,
                norm=None,
                power=1,
            )
        )
        channels = (
            librosa.amplitude_to_db(mel, ref=1.0, amin=1e-6, top_db=None),
            librosa.pcen(mel, sr=rate, hop_length=128),
            mel**0.5,
        )
        picture = np.stack([to_unit(channel)[::-1] for channel in channels], axis=-1)
        pixels = np.rint(255 * picture).astype(np.uint8)
        Image.fromarray(pixels).save(out / f"{path.name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
