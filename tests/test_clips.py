import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sounds import chirps, write

from specimg.audio.recordings import Recording
from specimg.conversion import Converted, convert_recording
from specimg.errors import ClipError, ParameterError
from specimg.output import verify
from specimg.output.loose import LooseFiles
from specimg.settings import Settings
from specimg.spans.around import Around
from specimg.spans.grid import Grid
from specimg.spans.plan import plan_known, split
from specimg.spans.reader import Clip, read_clips
from specimg.spans.settings import ClipSettings
from specimg.spans.sources import span_source
from specimg.spans.span import ALL_CLIPS, ClipRange, Span

RATE = 1000
WINDOW = 0.02


class Reader:
    """Samples that are their own numbers, so that a clip tells what it holds."""

    full_scale = 1.0

    def __init__(self, n_samples: int, sample_rate: int = RATE) -> None:
        self.sample_rate = sample_rate
        self.left = np.arange(n_samples, dtype=np.float32)

    def read(self, out: NDArray[np.float32]) -> int:
        part = self.left[: out.shape[1]]
        self.left = self.left[out.shape[1] :]
        out[:, : part.size] = part
        return part.size

    def skip(self, n_samples: int) -> int:
        return self.read(np.empty((2, n_samples), np.float32))


def cut_all(
    seconds: float, settings: ClipSettings, rate: int = RATE
) -> list[tuple[float, float, list[float]]]:
    reader = Reader(round(seconds * rate), rate)
    source = span_source(settings, shortest=WINDOW, longest=math.inf)
    clips = read_clips(reader, source)
    try:
        planned = list(plan_known(source, reader.left.size, rate))
    except ClipError as error:
        with pytest.raises(ClipError, match=re.escape(str(error))):
            list(read_clips(Reader(round(seconds * rate), rate), source))
        planned = []

    def own(clip: Clip) -> tuple[float, float, list[float]]:
        assert clip.level.peak == clip.samples.max(initial=0)
        return clip.span.start, clip.span.end, clip.samples.tolist()

    found = [own(clip) for clip in clips]
    # What is promised before anything is read is what is read.
    assert [(span.start, span.end) for span in planned] == [c[:2] for c in found]
    return found


def spans(seconds: float, **settings: object) -> list[tuple[float, float]]:
    clips = cut_all(seconds, ClipSettings(**settings))
    for start, end, samples in clips:
        assert samples == list(range(round(start * RATE), round(end * RATE)))
    return [(start, end) for start, end, _ in clips]


@pytest.mark.parametrize(
    ("final", "expected"),
    [
        ("extend", [(0, 3), (3, 6), (6, 7.5)]),
        ("remainder", [(0, 3), (3, 6), (6, 7.5)]),
        ("full", [(0, 3), (3, 6), (4.5, 7.5)]),
        ("drop", [(0, 3), (3, 6)]),
    ],
)
def test_the_rest_of_a_recording_becomes_what_final_says(
    final: str, expected: list[tuple[float, float]]
) -> None:
    assert spans(7.5, final=final) == expected


@pytest.mark.parametrize("final", ["extend", "remainder", "full", "drop"])
def test_without_a_rest_there_is_no_final_clip(final: str) -> None:
    assert spans(6.0, final=final) == [(0, 3), (3, 6)]


def test_clips_overlap() -> None:
    assert spans(6.0, overlap=1.5) == [(0, 3), (1.5, 4.5), (3, 6)]
    assert spans(6.5, overlap=1.5) == [(0, 3), (1.5, 4.5), (3, 6), (4.5, 6.5)]
    assert spans(6.5, overlap=1.5, final="full")[-2:] == [(3, 6), (3.5, 6.5)]


def test_a_rest_shorter_than_a_window_is_dropped() -> None:
    assert spans(3.019) == [(0, 3)]
    assert spans(3.02) == [(0, 3), (3, 3.02)]
    assert spans(3.01, final="full") == [(0, 3)]


@pytest.mark.parametrize("duration", [3.0, math.inf])
@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.019])
def test_a_recording_shorter_than_a_window_is_too_short(
    seconds: float, duration: float
) -> None:
    with pytest.raises(ClipError, match=r"too short: .* window is 0.02 s"):
        spans(seconds, duration=duration)


def test_dropping_all_of_a_recording_is_a_failure() -> None:
    with pytest.raises(ClipError, match="too short: 2.5 s of audio, but a clip is 3 s"):
        spans(2.5, final="drop")


def test_a_short_recording_without_a_full_clip_is_one_short_clip() -> None:
    assert spans(2.5, final="full") == [(0, 2.5)]


def test_whole_is_one_clip() -> None:
    assert spans(7.5, duration=math.inf) == [(0, 7.5)]
    assert spans(700, duration=math.inf) == [(0, 700)]


def test_a_recording_too_long_for_one_image_is_refused_before_it_is_all_read() -> None:
    reader = Reader(10**6)
    settings = ClipSettings(duration=math.inf)
    clips = read_clips(reader, span_source(settings, shortest=WINDOW, longest=10.0))
    with pytest.raises(
        ClipError, match="too long for one image: more than 10 s; set --clip"
    ):
        next(clips)
    assert reader.left.size > 0


@given(
    rate=st.integers(100, 48_000),
    duration=st.floats(0.05, 0.3),
    share=st.floats(0, 0.9),
    seconds=st.floats(0, 2),
    final=st.sampled_from(["extend", "remainder", "full", "drop"]),
)
def test_clips_hold_what_their_start_and_end_say(
    rate: int, duration: float, share: float, seconds: float, final: str
) -> None:
    settings = ClipSettings(duration=duration, overlap=share * duration, final=final)
    n_samples = round(seconds * rate)
    try:
        clips = cut_all(n_samples / rate, settings, rate)
    except ClipError:
        assert n_samples < max(WINDOW * rate, duration * rate + 1)
        return
    for start, end, samples in clips:
        assert samples == list(range(round(start * rate), round(end * rate)))
    starts = [start for start, _, _ in clips]
    assert starts == sorted(set(starts))
    assert len({f"{start:09.3f}" for start in starts}) == len(starts)
    if final != "drop":
        left = n_samples / rate - max(end for _, end, _ in clips)
        assert left < WINDOW + 1 / rate


@dataclass(frozen=True)
class Listed:
    """Spans that somebody has listed; they overlap, nest, and leave gaps."""

    listed: tuple[tuple[float, float], ...]
    longest = math.inf
    looks_back = False

    def spans(self, first: int = 0) -> Iterator[Span]:
        for start, end in self.listed[first:]:
            yield Span(start=start, end=end, shown=5.0)

    def rest(self, number: int, end: int, n_new: int, sample_rate: int) -> Span | None:  # noqa: ARG002
        start = self.listed[number][0]
        if end <= round(start * sample_rate):
            return None
        return Span(start=start, end=end / sample_rate, shown=5.0)


@given(
    starts=st.lists(st.integers(0, 60), min_size=1, max_size=12),
    lengths=st.lists(st.integers(1, 50), min_size=12, max_size=12),
    n_samples=st.integers(0, 100),
    first=st.integers(0, 5),
)
def test_any_source_of_spans_is_read_in_one_pass(
    starts: list[int], lengths: list[int], n_samples: int, first: int
) -> None:
    pairs = zip(sorted(starts), lengths, strict=False)
    source = Listed(tuple((a / RATE, (a + n) / RATE) for a, n in pairs))
    wanted = ClipRange(first, None)
    reader = Reader(n_samples)
    expected = [
        list(range(round(a * RATE), min(n_samples, round(b * RATE))))
        for a, b in source.listed[first:]
    ]
    found = read_clips(reader, source, wanted)
    assert [clip.samples.tolist() for clip in found] == [e for e in expected if e]


def test_a_clip_far_behind_the_end_takes_no_memory() -> None:
    reader = Reader(5)
    reader.skip = lambda _: 5  # type: ignore[method-assign]
    assert list(read_clips(reader, Listed(((1e9, 1e9 + 1),)))) == []


def test_clips_that_begin_late_make_no_empty_range() -> None:
    starts = (7000.0, 7003.0, 7700.0, 9000.0)
    source = Around(ClipSettings(), WINDOW, starts)
    assert split(source, 10_000, 600) == [
        *(ClipRange(0, 2), ClipRange(2, 3), ClipRange(3, None))
    ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"duration": 0}, "clip_duration=0 s: need more than 0, or 'whole'"),
        ({"duration": math.nan}, "clip_duration=nan s"),
        ({"overlap": 3}, "clip_overlap=3 s: need 0 or more, and less than clip_dur"),
        ({"overlap": -1}, "clip_overlap=-1 s"),
        ({"overlap": 2.9999}, "clips would start every 0.0001 s: need 0.001 s"),
        ({"duration": math.inf, "overlap": 1}, "a whole recording is one clip"),
        ({"final": "pad"}, "final_clip=pad: need one of extend, remainder, full, drop"),
    ],
)
def test_wrong_clips_are_named(settings: dict[str, float], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        ClipSettings(**settings)


@pytest.mark.parametrize("final", ["extend", "remainder"])
@pytest.mark.parametrize("shown", [1.0, 2.5])
def test_a_picture_is_rendered_again_as_wide_as_its_span_was_shown(
    shown: float, final: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wide(Grid):
        def spans(self, first: int = 0) -> Iterator[Span]:
            for span in super().spans(first):
                yield replace(span, shown=shown)

    def show(clips: ClipSettings, *, shortest: float, longest: float) -> Grid:
        assert longest > 1
        return Wide(clips, shortest)

    monkeypatch.setattr("specimg.settings.span_source", show)
    path = write(tmp_path / "a.wav", chirps(2.0), 22_050)
    settings = Settings.from_options({"clip_duration": 1, "final_clip": final})
    out = tmp_path / "out"
    recording = Recording(path=path, name="a.wav", label="")
    converted = convert_recording(recording, LooseFiles(out), settings, ALL_CLIPS)
    assert isinstance(converted, Converted)
    assert len(converted.images) == 2
    for image in converted.images:
        assert image.record.pad_seconds == pytest.approx(shown - 1)
        assert verify._compare(path, image, settings) == ""  # noqa: SLF001
