"""All settings that decide how the samples of a clip become pixels."""

from dataclasses import dataclass, field

from specimg.rendering.frontends import Decibel, Frontend
from specimg.rendering.frontends.spec import format_frontend
from specimg.rendering.image import MAX_PIXELS, ImageSettings
from specimg.rendering.mel import MelSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderSettings:
    """How a clip becomes a picture."""

    frontends: tuple[Frontend, ...] = (Decibel(),)
    """One for a gray picture, or three for red, green and blue."""
    mel: MelSettings = field(default_factory=MelSettings)
    image: ImageSettings = field(default_factory=ImageSettings)

    @property
    def shortest(self) -> float:
        """Seconds of one analysis window; a shorter clip has no picture."""
        return self.mel.win_length / self.mel.sample_rate

    @property
    def longest(self) -> float:
        """Seconds that fit into the largest image (`MAX_PIXELS`)."""
        frames = MAX_PIXELS // self.mel.n_mels
        return frames * self.mel.hop_length / self.mel.sample_rate

    @property
    def frontend_names(self) -> str:
        """The frontends as the manifest has them, with ``+`` between channels."""
        return "+".join(map(format_frontend, self.frontends))
