"""What no tool on these libraries can do without: decode, resample, FFT, encode."""

import sys
from pathlib import Path

import numpy as np
import scipy.fft
import soundfile
import soxr

from specimg.rendering.png import encode_png


def main(folder: Path, out: Path) -> None:
    out.mkdir()
    window = np.hanning(512).astype(np.float32)
    pixels = None
    for path in sorted(folder.iterdir()):
        samples, rate = soundfile.read(path, dtype="float32")
        resampled = soxr.resample(samples, rate, 22_050, quality="HQ")
        frames = np.lib.stride_tricks.sliding_window_view(resampled, 512)[::128]
        spectrum = scipy.fft.rfft(frames * window, 1024, axis=1)
        if pixels is None:
            # A picture of the same size and kind; made once, written for each.
            pixels = sample_pixels(np.abs(spectrum))
        (out / f"{path.name}.png").write_bytes(encode_png(pixels, "specimg", ""))


def sample_pixels(magnitude: np.ndarray) -> np.ndarray:
    decibel = np.log(np.maximum(magnitude[:, :512].T.reshape(128, 4, -1).mean(1), 1e-6))
    gray = np.rint(255 * (decibel - decibel.min()) / np.ptp(decibel)).astype(np.uint8)
    return np.stack([gray, gray // 2, gray // 3], axis=-1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
