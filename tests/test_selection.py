"""Which clips become pictures, where not all do."""

import itertools
import math
import random
from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specimg.errors import ParameterError
from specimg.spans.best import Best, select, select_from_ranges
from specimg.spans.caps import (
    PlannedClip,
    cap_labels,
    cap_negatives,
    count_dropped,
    parse_negatives,
)
from specimg.spans.drawing import Lots
from specimg.spans.selection import Select, SelectionSettings, why_dropped
from specimg.spans.settings import ClipSettings

NAME = "site/robin.wav"


@dataclass(frozen=True)
class Heard:
    start: float
    activity: float = 0.0
    peak_dbfs: float = -20.0

    @property
    def end(self) -> float:
        return self.start + 3.0


def selecting(text: str, seed: int = 0) -> SelectionSettings:
    return SelectionSettings(select=Select.parse(text), seed=seed)


FEW = st.sampled_from([0.0, 0.25, 0.5])  # so that many are equal
PEAKS = st.sampled_from([-math.inf, -40.0, -3.0])
RECORDING = st.lists(st.tuples(FEW, PEAKS), max_size=30).map(
    lambda values: [Heard(3.0 * n, *both) for n, both in enumerate(values)]
)
SETTINGS = st.builds(
    lambda count, order, seed: selecting(f"{count}:{order}", seed),
    st.integers(1, 12),
    st.sampled_from(["activity", "loudest", "random", "first"]),
    st.integers(0, 3),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10", "10:activity"), (" 1:first ", "1:first"), ("007:random", "7:random")],
)
def test_what_is_selected_is_read_and_written(text: str, expected: str) -> None:
    assert str(Select.parse(text)) == expected
    assert Select.parse(expected) == Select.parse(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "need how many clips to keep of a recording"),
        ("-1", "or 10:activity, 10:loudest, 10:random, 10:first"),
        ("1.5", "need how many"),
        ("10:", "need how many"),
        ("٣", "need how many"),
        ("0", "select=0: need 1 clip or more"),
        ("5:quietest", "select=quietest: need one of activity, loudest, random, first"),
    ],
)
def test_what_cannot_be_selected_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ParameterError, match=reason):
        Select.parse(text)


@pytest.mark.parametrize("value", [-0.1, math.inf, math.nan])
def test_what_is_no_duration_is_refused(value: float) -> None:
    with pytest.raises(ParameterError, match=r"^min_clip=.* s: need 0 or more$"):
        SelectionSettings(min_clip=value)


@pytest.mark.parametrize("value", [40.0, math.nan])
def test_a_level_above_full_scale_is_refused(value: float) -> None:
    with pytest.raises(ParameterError, match="need 0 or less, because 0 is full scale"):
        SelectionSettings(min_peak_dbfs=value)


def test_a_duration_that_no_clip_has_is_refused() -> None:
    SelectionSettings(min_clip=3.0).check_clips(ClipSettings(duration=3.0))
    SelectionSettings(min_clip=99.0).check_clips(ClipSettings(duration=math.inf))
    with pytest.raises(ParameterError, match="min_clip=5 s would drop every clip"):
        SelectionSettings(min_clip=5.0).check_clips(ClipSettings(duration=3.0))


def dropped(
    settings: SelectionSettings,
    *,
    n_samples: int = 3000,
    peak_dbfs: float = -20.0,
    silent: bool = False,
) -> str | None:
    return why_dropped(
        settings,
        n_samples=n_samples,
        sample_rate=1000,
        peak_dbfs=peak_dbfs,
        silent=silent,
    )


def test_by_default_nothing_is_dropped() -> None:
    all_of_them = SelectionSettings()
    assert dropped(all_of_them, n_samples=1, peak_dbfs=-math.inf, silent=True) is None
    clips = [Heard(0.0), Heard(3.0)]
    assert select(clips, all_of_them, NAME) == [0, 1]
    best = Best[Heard](all_of_them, NAME)
    assert [best.add(clip) for clip in clips] == [None, None]


def test_short_clips_are_dropped_but_not_for_one_sample() -> None:
    settings = SelectionSettings(min_clip=1.0)
    assert dropped(settings, n_samples=1000) is None
    assert dropped(settings, n_samples=999) is None  # by the rounding of its ends
    assert dropped(settings, n_samples=998) == "shorter than min_clip=1 s"


def test_silence_is_dropped_as_soon_as_it_is_known() -> None:
    settings = SelectionSettings(skip_silent=True)
    reason = "silent, and skip_silent is set"
    assert dropped(settings, silent=True) == reason  # a constant offset
    assert dropped(settings, peak_dbfs=-math.inf) == reason  # not rendered yet
    assert dropped(settings, peak_dbfs=-96.0) is None


def test_quiet_clips_are_dropped() -> None:
    settings = SelectionSettings(min_peak_dbfs=-60.0)
    assert dropped(settings, peak_dbfs=-60.0) is None
    assert dropped(settings, peak_dbfs=-60.01) == "peak below min_peak_dbfs=-60 dB"
    assert dropped(settings, peak_dbfs=-math.inf) is not None


def test_each_order_keeps_what_it_says() -> None:
    clips = [
        Heard(0.0, activity=0.1, peak_dbfs=-math.inf),
        Heard(3.0, activity=0.3, peak_dbfs=-30.0),
        Heard(6.0, activity=0.2, peak_dbfs=-3.0),
        Heard(9.0, activity=0.3, peak_dbfs=-3.0),
    ]
    assert select(clips, selecting("2"), NAME) == [1, 3]
    assert select(clips, selecting("1:activity"), NAME) == [1]  # the earlier one
    assert select(clips, selecting("1:loudest"), NAME) == [2]
    assert select(clips, selecting("3:loudest"), NAME) == [1, 2, 3]
    assert select(clips, selecting("2:first"), NAME) == [0, 1]
    assert select(clips[::-1], selecting("2:first"), NAME) == [2, 3]
    reason = "not among the clips of its recording that select=2:activity keeps"
    assert selecting("2").why_not_selected == reason


def test_random_clips_depend_on_seed_and_recording_alone() -> None:
    clips = [Heard(3.0 * number) for number in range(100)]
    kept = select(clips, selecting("10:random"), NAME)
    assert len(kept) == 10
    assert kept == select(clips, selecting("10:random"), NAME)
    assert kept != select(clips, selecting("10:random", seed=1), NAME)
    assert kept != select(clips, selecting("10:random"), "another.wav")
    # A choice once made stays, on every machine and in every version.
    assert kept == [25, 30, 39, 42, 47, 52, 55, 57, 84, 95]


@given(RECORDING, SETTINGS)
def test_the_best_are_those_of_a_plain_sort(
    clips: list[Heard], settings: SelectionSettings
) -> None:
    assert settings.select is not None
    lots = Lots(settings.seed, "select")
    keys = {
        "activity": lambda clip: -clip.activity,
        "loudest": lambda clip: -clip.peak_dbfs,
        "random": lambda clip: lots.draw(NAME, clip.start),
        "first": lambda clip: clip.start,
    }
    ranked = sorted(clips, key=keys[settings.select.order])[: settings.select.count]
    kept = select(clips, settings, NAME)
    assert kept == sorted(kept)
    assert {clips[place].start for place in kept} == {clip.start for clip in ranked}


@given(RECORDING, SETTINGS, st.sets(st.integers(0, 30)))
def test_ranges_of_a_recording_select_what_the_whole_does(
    clips: list[Heard], settings: SelectionSettings, cuts: set[int]
) -> None:
    ends = [0, *sorted(cuts), len(clips)]
    ranges = [clips[a:b] for a, b in itertools.pairwise(ends)]
    kept_of_each = [
        [part[place] for place in select(part, settings, NAME)] for part in ranges
    ]
    expected = [clips[place] for place in select(clips, settings, NAME)]
    assert select_from_ranges(kept_of_each, settings, NAME) == expected


@given(RECORDING, SETTINGS, st.randoms())
def test_clips_one_by_one_leave_what_the_whole_does(
    clips: list[Heard], settings: SelectionSettings, shuffled: random.Random
) -> None:
    assert settings.select is not None
    given_order = list(clips)
    shuffled.shuffle(given_order)
    best = Best[Heard](settings, NAME)
    written: set[Heard] = set()
    for clip in given_order:
        lost = best.add(clip)
        if lost is not clip:
            written.add(clip)
        if lost is not None and lost is not clip:
            written.remove(lost)  # it was written before
        assert len(written) <= settings.select.count
    assert written == {clips[place] for place in select(clips, settings, NAME)}


LABELS = st.sets(st.sampled_from("abc"), max_size=3)
PLANNED = st.lists(
    st.tuples(st.sampled_from(["x.wav", "y.wav", "z.wav"]), st.integers(0, 9), LABELS),
    max_size=40,
    unique_by=lambda clip: clip[:2],
).map(lambda clips: [PlannedClip(name, 3.0 * n, labels) for name, n, labels in clips])
SINGLE = PLANNED.map(
    lambda clips: [
        PlannedClip(clip.recording, clip.start, sorted(clip.labels)[:1])
        for clip in clips
    ]
)


def count_labels(clips: list[PlannedClip]) -> Counter[str]:
    return Counter(label for clip in clips for label in clip.labels)


@given(SINGLE, st.integers(1, 9), st.integers(0, 3))
def test_single_labels_have_as_many_as_they_may(
    clips: list[PlannedClip], most: int, seed: int
) -> None:
    caps = cap_labels(clips, most, seed)
    before = count_labels(clips)
    kept = [clip for clip in clips if caps.keeps(clip)]
    after = count_labels(kept)
    assert after == {label: min(most, count) for label, count in before.items()}
    assert count_dropped(clips, caps) == before - after
    assert [c for c in kept if not c.labels] == [c for c in clips if not c.labels]


@given(PLANNED, st.integers(1, 9), st.randoms())
def test_several_labels_keep_what_any_of_them_wants(
    clips: list[PlannedClip], most: int, shuffled: random.Random
) -> None:
    caps = cap_labels(clips, most, 0)
    for label, count in count_labels(clips).items():
        own = [PlannedClip(c.recording, c.start) for c in clips if label in c.labels]
        alone = [PlannedClip(c.recording, c.start, {label}) for c in own]
        wanted = cap_labels(alone, most, 0)
        kept = [c for c in clips if label in c.labels and caps.keeps(c)]
        # Whatever other labels there are, it has all that it wants.
        assert {(c.recording, c.start) for c in kept} >= {
            (c.recording, c.start) for c in alone if wanted.keeps(c)
        }
        assert len(kept) >= min(most, count)
    assert sum(map(caps.keeps, clips)) <= most * 3 + sum(not c.labels for c in clips)
    again = list(clips)
    shuffled.shuffle(again)
    assert cap_labels(iter(again), most, 0) == caps


@given(SINGLE, PLANNED, st.integers(1, 9))
def test_new_recordings_take_only_the_places_that_they_fill(
    clips: list[PlannedClip], more: list[PlannedClip], most: int
) -> None:
    added = [PlannedClip("new/" + c.recording, c.start, "a") for c in more]
    before, after = cap_labels(clips, most, 0), cap_labels([*clips, *added], most, 0)
    lost = [c for c in clips if before.keeps(c) and not after.keeps(c)]
    won = [c for c in clips if after.keeps(c) and not before.keeps(c)]
    entered = [c for c in added if after.keeps(c)]
    assert not won
    assert len(lost) <= len(entered)
    assert all(set(c.labels) == {"a"} for c in lost)


def test_few_clips_change_where_few_are_added() -> None:
    clips = [PlannedClip(f"{n % 50}.wav", 3.0 * (n // 50), "a") for n in range(5000)]
    added = [PlannedClip("new.wav", 3.0 * n, "a") for n in range(100)]
    before, after = cap_labels(clips, 500, 0), cap_labels([*clips, *added], 500, 0)
    # Expected are 500 * 100 / 5100, about ten.
    assert 2 <= sum(before.keeps(c) and not after.keeps(c) for c in clips) <= 25


def test_clips_with_one_lot_do_not_exceed_the_cap() -> None:
    twins = [PlannedClip("x.wav", 0.0, "a")] * 2 + [PlannedClip("x.wav", 3.0, "a")]
    for most in (1, 2):
        for seed in range(20):
            caps = cap_labels(twins, most, seed)
            assert sum(map(caps.keeps, twins)) <= most


def test_no_clips_a_label_are_refused() -> None:
    with pytest.raises(ParameterError, match="max_per_label=0: need 1 clip or more"):
        cap_labels([], 0, 0)


@pytest.mark.parametrize(
    ("text", "ratio"),
    [("keep", math.inf), ("drop", 0.0), ("0.5", 0.5), ("2", 2.0), ("0", 0.0)],
)
def test_negatives_are_read(text: str, ratio: float) -> None:
    assert parse_negatives(text) == ratio


@pytest.mark.parametrize("text", ["", "some", "-1", "nan", "inf"])
def test_what_is_no_ratio_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="need keep, drop, or how many to keep"):
        parse_negatives(text)


@given(PLANNED, st.integers(0, 50), st.sampled_from([0.0, 0.5, 1.0, 3.0, math.inf]))
def test_negatives_are_kept_by_their_ratio(
    clips: list[PlannedClip], n_positive: int, ratio: float
) -> None:
    cap = cap_negatives(iter(clips), n_positive, ratio, 0)
    wanted = math.inf if math.isinf(ratio) else math.floor(ratio * n_positive + 0.5)
    kept = [clip for clip in clips if cap.keeps(clip)]
    assert len(kept) == cap.kept == min(wanted, len(clips))
    assert cap.kept + cap.dropped == len(clips)
    assert cap_negatives(reversed(clips), n_positive, ratio, 0) == cap
    more = cap_negatives(clips, n_positive + 1, ratio, 0)
    assert all(more.keeps(clip) for clip in kept)


def test_half_a_negative_is_a_whole_one() -> None:
    clips = [PlannedClip("x.wav", 3.0 * number) for number in range(9)]
    assert [cap_negatives(clips, n, 0.5, 0).kept for n in range(6)] == [
        0,
        1,
        1,
        2,
        2,
        3,
    ]


def test_lots_are_spread_evenly_and_differ_by_purpose() -> None:
    lots = Lots(0, "select")
    values = [lots.draw(f"{n}.wav", 0.3) for n in range(4000)]
    assert 0.47 < sum(values) / len(values) / 2**64 < 0.53
    assert lots.draw(NAME, 0.3) == lots.draw(NAME, 0.1 + 0.2)  # 0.30000000000000004
    assert len({lots.draw(NAME, 0.3), Lots(0, "negatives").draw(NAME, 0.3)}) == 2
    assert Lots(1, "select").draw(NAME, 0.3) != lots.draw(NAME, 0.3)
    assert lots.draw("\udcff.wav", 0.0) >= 0  # a name that is not UTF-8
