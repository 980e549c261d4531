"""All settings that decide how the samples of a clip become pixels."""

from dataclasses import dataclass, field, replace
from typing import Self

from specimg.errors import ParameterError, RenderError
from specimg.rendering.axes import Axes, PixelBox, Region
from specimg.rendering.frontends import Decibel, Frontend
from specimg.rendering.frontends.spec import format_frontend
from specimg.rendering.image import MAX_PIXELS, ImageSettings
from specimg.rendering.lengths import NATIVE
from specimg.rendering.mel import MelSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderSettings:
    """How a clip becomes a picture."""

    frontends: tuple[Frontend, ...] = (Decibel(),)
    """One for a gray picture, or three for red, green and blue."""
    mel: MelSettings = field(default_factory=MelSettings)
    image: ImageSettings = field(default_factory=ImageSettings)

    def at(self, sample_rate: int) -> Self:
        """Return the settings for recordings with a sample rate, for ``sr=native``.

        With any other `sr`, they are these.

        Parameters
        ----------
        sample_rate : int
            In Hz.

        Raises
        ------
        RenderError
            They are not possible at this rate.
        """
        if self.mel.sample_rate != NATIVE:
            return self
        try:
            return replace(self, mel=self.mel.at(sample_rate))
        except ParameterError as error:
            msg = f"sr=native, which is {sample_rate} Hz here: {error}"
            raise RenderError(msg) from error

    @property
    def shortest(self) -> float:
        """Seconds of one analysis window; a shorter clip has no picture."""
        return self.mel.window_seconds

    @property
    def longest(self) -> float:
        """Seconds that fit into the largest image (`MAX_PIXELS`)."""
        return self.mel.hops_seconds(MAX_PIXELS // self.mel.n_mels)

    @property
    def frontend_names(self) -> str:
        """The frontends as the manifest has them, with ``+`` between channels."""
        return "+".join(map(format_frontend, self.frontends))

    @property
    def usual_seconds(self) -> float | None:
        """Seconds that a picture shows; None where each clip has its own length."""
        return None

    def axes(self, n_frames: int) -> Axes:
        """Return the axes of a picture with so many columns before it is resized."""
        return Axes(self.mel, n_frames, self.image.size)

    def box(
        self,
        start: float,
        end: float,
        low: float | None = None,
        high: float | None = None,
        *,
        seconds: float | None = None,
    ) -> PixelBox:
        """Return where a sound lies in the picture of its clip, in pixels.

        A column shows the hop around the middle of its frame, so the first one begins
        half a window after the clip, less half a hop; with ``center``, half a hop
        before it.  A row shows the band around its peak, the highest at the top.

        Parameters
        ----------
        start, end : float
            Seconds from the beginning of the clip, true ones where its recording is
            time-expanded.  They may be outside of it: the box is clipped to the image.
        low, high : float, optional
            Hz.  A box without frequencies is as high as the image.
        seconds : float, optional
            Seconds that the picture shows: in a row of the manifest,
            ``end - start + pad_seconds``.  Needed only where clips are ``whole``
            recordings, or for a ``remainder``.

        Returns
        -------
        PixelBox
            With `x` from the left and `y` from the top of the image, as it is in its
            file, `width`, `height`, and the share of the box that is `visible`.  What
            is not in the image at all has neither width nor height there.

        Raises
        ------
        ParameterError
            It is no box, or `seconds` are needed, or are no picture's.

        Examples
        --------
        >>> import specimg
        >>> settings = specimg.Settings.from_options({"size": "300x100"})
        >>> box = settings.box(1.0, 2.0, 2000, 5000)
        >>> round(box.x), round(box.y), round(box.width), round(box.height)
        (100, 26, 101, 27)
        """
        return self._axes(seconds).box(start, end, low, high)

    def unbox(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        seconds: float | None = None,
    ) -> Region:
        """Return the seconds and hertz of a box in a picture, the inverse of `box`.

        Parameters
        ----------
        x, y, width, height : float
            Pixels, from the left and the top of the image.
        seconds : float, optional
            As for `box`.

        Returns
        -------
        Region
            A tuple of `start` and `end` in seconds from the beginning of the clip, and
            `low` and `high` in Hz.
        """
        return self._axes(seconds).unbox(x, y, width, height)

    def _axes(self, seconds: float | None) -> Axes:
        if self.mel.sample_rate == NATIVE:
            msg = "sr=native: a picture has axes at the sample rate of its recording; "
            msg += "take settings.at(sample_rate)"
            raise ParameterError(msg)
        if seconds is None:
            seconds = self.usual_seconds
        if seconds is None:
            msg = "seconds: needed where a picture is as long as its recording"
            raise ParameterError(msg)
        n_samples = 0
        if 0 < seconds <= self.longest:
            n_samples = round(seconds * self.mel.sample_rate)
        if n_samples < self.mel.win_length:
            msg = (
                f"seconds={seconds:g}: need those of a picture, {self.shortest:.3g} to "
                f"{self.longest:.0f}"
            )
            raise ParameterError(msg)
        return self.axes(self.mel.n_frames(n_samples))
