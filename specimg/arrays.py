"""The arrays that travel between the stages, and what all stages agree on."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Waveform: TypeAlias = NDArray[np.float32]
"""Mono samples, shape (n_samples,), full scale at +-1."""

Spectrogram: TypeAlias = NDArray[np.float32]
"""Shape (n_mels, n_frames); row 0 is the lowest band."""

Pixels: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.float32]
"""Shape (height, width) or (height, width, 3); row 0 is the top of the picture."""

DECIMALS = 9
"""Decimals of the seconds where clips start and end, in manifests as in cutting."""

MIN_SAMPLE_RATE, MAX_SAMPLE_RATE = 100, 4_000_000
"""Hz; no recorder writes a rate outside of these."""
