"""Which recordings are learned from, and which are asked about."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from labeled import clear_call, one_hot, write_folder
from sounds import noise, write

from specimg.audio.recordings import Recording
from specimg.dataset.labeled import Dataset, find_dataset
from specimg.dataset.splits import deal_folds, hold_out
from specimg.dataset.trial import Trial, plan_trial
from specimg.errors import DatasetError, ParameterError
from specimg.splits.groups import group_names, number_groups

SEEDS = range(3)


def recordings(*names: str) -> list[Recording]:
    return [
        Recording(path=Path("in") / name, name=name, label=name.partition("/")[0])
        for name in names
    ]


@pytest.fixture
def train(tmp_path: Path) -> Path:
    """Two classes of six recordings each, two from each of three days."""
    folder = tmp_path / "train"
    for number, label in enumerate("ab"):
        for index in range(6):
            name = f"day{index // 2 + 3 * number}_{index}.wav"
            write(folder / label / name, noise(0.1, seed=10 * number + index))
    return folder


def plan(
    train: Path,
    group: str = "source",
    n_folds: int | None = 3,
    twins: Sequence[tuple[int, int]] = (),
    **tests: Path,
) -> Trial:
    datasets = {name: find_dataset(folder) for name, folder in tests.items()}
    return plan_trial(
        find_dataset(train), datasets, group=group, n_folds=n_folds, twins=twins
    )


def check_sides(trial: Trial) -> None:
    """Hold that each recording is asked about once, by who knows nothing of it."""
    asked = sorted({int(n) for numbers in trial.tests.values() for n in numbers})
    for seed in SEEDS:
        splits = trial.splits(seed)
        assert sorted(np.concatenate([split.asked for split in splits])) == asked
        for split in splits:
            groups = (set(trial.groups[side]) for side in (split.training, split.asked))
            assert set.isdisjoint(*groups)
            assert (
                trial.labels[split.training].any(axis=0) == trial.labels.any(axis=0)
            ).all()
            assert split.training.max() < trial.n_training


def test_each_recording_is_a_group_however_its_kind_of_file() -> None:
    found = recordings("a/1.wav", "a/1.flac", "a/2.wav", "b/1.wav", "a/x.y/1", "a/x")
    names = group_names(found, "source")
    assert names[0] == names[1]
    assert len(set(names)) == 5


def test_first_groups_by_the_folder_below_the_class() -> None:
    found = recordings("a/x/1.wav", "a/x/deep/2.wav", "b/x/3.wav", "a/y/1.wav")
    assert group_names(found, "first") == ["x", "x", "x", "y"]


def test_first_without_such_a_folder_is_refused() -> None:
    with pytest.raises(DatasetError, match="a/1.wav: --group first needs a folder"):
        group_names(recordings("a/x/1.wav", "a/1.wav"), "first")


@pytest.mark.parametrize(
    "rule", [r"day\d", r"(day\d)", r"(day\d)_(\d)", r"(?P<x>day\d)", r"(?:da)y\d"]
)
def test_an_expression_groups_by_its_first_capture_or_by_all_it_finds(
    rule: str,
) -> None:
    found = recordings("a/day1_1.wav", "b/day1_2.wav", "a/day2_1.wav")
    one, two, three = group_names(found, rule)
    assert one == two != three


@pytest.mark.parametrize("rule", ["night", "(night)", "day1|(night)"])
def test_an_expression_that_finds_nothing_names_the_recording(rule: str) -> None:
    with pytest.raises(DatasetError, match=r"a/day1_1.wav: --group .* finds nothing"):
        group_names(recordings("a/day1_1.wav"), rule)


def test_what_is_no_expression_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"--group \(: need source, first or a"):
        group_names(recordings("a/1.wav"), "(")


def test_the_same_sound_joins_groups_also_by_way_of_others() -> None:
    groups = number_groups(["x", "y", "z", "x", "u"], [(0, 1), (2, 1)])
    assert groups[0] == groups[1] == groups[2] == groups[3] != groups[4]


@pytest.mark.parametrize("group", ["source", r"(day\d)"])
def test_no_group_is_on_both_sides_of_a_fold(group: str, train: Path) -> None:
    trial = plan(train, group)
    assert len(set(trial.groups)) == (12 if group == "source" else 6)
    check_sides(trial)
    dealt = [
        {frozenset(split.asked.tolist()) for split in trial.splits(n)} for n in SEEDS
    ]
    assert dealt[0] != dealt[1]  # another seed deals otherwise
    again = plan(train, group).splits(0)
    assert {frozenset(split.asked.tolist()) for split in again} == dealt[0]


def test_a_copy_in_a_test_goes_with_the_fold_of_its_recording(
    train: Path, tmp_path: Path
) -> None:
    shutil.copytree(train, tmp_path / "noisy")
    for number, path in enumerate(sorted((tmp_path / "noisy").glob("*/*.wav"))):
        path.write_bytes(b"")
        write(path.with_suffix(".flac"), noise(0.1, seed=100 + number))
        path.unlink()
    write(tmp_path / "noisy" / "a" / "another.wav", noise(0.1, seed=200))
    trial = plan(train, noisy=tmp_path / "noisy")
    check_sides(trial)
    assert {name: len(test) for name, test in trial.tests.items()} == {
        "folds": 12,
        "noisy": 13,
    }
    by_name = {(r.path.parent.parent.name, r.path.stem): trial.groups[n]
               for n, r in enumerate(trial.recordings)}  # fmt: skip
    for (folder, stem), group in by_name.items():
        if folder == "train":
            assert by_name["noisy", stem] == group


def test_a_link_in_a_test_goes_with_the_fold_of_its_recording(
    train: Path, tmp_path: Path
) -> None:
    (tmp_path / "test" / "a").mkdir(parents=True)
    (tmp_path / "test" / "a" / "new.wav").symlink_to(train / "a" / "day0_0.wav")
    for twins in ((), [(0, 12)]):  # known by the file, and by its samples as well
        trial = plan(train, test=tmp_path / "test", twins=twins)
        assert trial.groups[12] == trial.groups[0]
        assert trial.n_joined == 1
    check_sides(trial)


def test_more_folds_than_groups_are_refused(train: Path) -> None:
    plan(train, n_folds=12)
    with pytest.raises(DatasetError, match="13 folds of 12 groups of recordings: need"):
        plan(train, n_folds=13)
    with pytest.raises(DatasetError, match="7 folds of 6 groups"):
        plan(train, r"(day\d)", 7)


def test_a_class_in_one_group_has_no_folds(train: Path) -> None:
    for path in (train / "b").iterdir():
        path.rename(path.with_name(f"night_{path.name}"))
    with pytest.raises(DatasetError, match="of class b are in one group: need 2"):
        plan(train, "(night|day.)")


def test_a_class_in_one_group_is_never_held_out(train: Path, tmp_path: Path) -> None:
    for path in (train / "b").iterdir():
        path.rename(path.with_name(f"night_{path.name}"))
    test = write_folder(tmp_path / "test", clear_call, count=1)
    (test / "a" / "0.wav").rename(test / "a" / "evening.wav")
    (test / "b" / "0.wav").rename(test / "b" / "morning.wav")
    trial = plan(train, "(night|day.|evening|morning)", None, test=test)
    assert len(set(trial.groups)) == 6
    for seed in SEEDS:
        (split,) = trial.splits(seed)
        assert set(range(6, 12)) <= set(split.training.tolist())
        assert len(split.training) == 10  # of the three groups of a, one is not there
    assert trial.share_held_out(3) == pytest.approx(1 / 6)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6)), min_size=2, max_size=40),
    st.integers(2, 5),
    st.integers(0, 99),
)
def test_folds_are_whole_groups_and_every_class_is_known_or_there_is_a_sentence(
    pairs: list[tuple[int, int]], n_folds: int, seed: int
) -> None:
    labels, groups = np.array(pairs).T
    try:
        folds = deal_folds(one_hot(labels), groups, n_folds, seed, "abcd")
    except DatasetError as error:
        assert "fold" in str(error) or "one group" in str(error)  # noqa: PT017
        return
    assert set(folds) == set(range(n_folds))
    for group in set(groups):
        assert len(set(folds[groups == group])) == 1
    for fold in range(n_folds):
        assert set(labels[folds != fold]) == set(labels)


def test_a_class_whose_groups_hold_other_classes_is_dealt_or_refused() -> None:
    # Groups 0 and 1 are all that c has, and they are whole days of a and b, too.
    labels = np.array([0, 1, 2, 0, 1, 2, 0, 0, 1, 1])
    groups = np.array([0, 0, 0, 1, 1, 1, 2, 3, 4, 5])
    for seed in range(20):
        folds = deal_folds(one_hot(labels), groups, 2, seed, "abc")
        assert folds[2] != folds[5]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 8)), min_size=2, max_size=40),
    st.integers(1, 3),
    st.integers(0, 99),
)
def test_whoever_is_held_out_each_class_keeps_its_groups(
    pairs: list[tuple[int, int]], least: int, seed: int
) -> None:
    labels, groups = np.array(pairs).T
    is_out = hold_out(one_hot(labels), groups, share=0.3, seed=seed, least=least)
    assert set(groups[is_out]).isdisjoint(groups[~is_out])
    for label in set(labels):
        before = len(set(groups[labels == label]))
        kept = len(set(groups[~is_out & (labels == label)]))
        assert kept >= min(least, before)


several = st.lists(
    st.tuples(st.integers(0, 12), *[st.booleans()] * 3), min_size=4, max_size=60
)
"""Groups, and the labels of clips that may have several or none."""


@given(several, st.integers(1, 3), st.integers(0, 99))
def test_of_several_labels_whole_groups_are_held_out_and_each_class_keeps_its_own(
    clips: list[tuple[int, ...]], least: int, seed: int
) -> None:
    groups, *columns = np.array(clips, np.int64).T
    labels = np.column_stack(columns).astype(bool)
    is_out = hold_out(labels, groups, share=0.3, seed=seed, least=least)
    assert set(groups[is_out]).isdisjoint(groups[~is_out])
    for of_class in labels.T:
        before, kept = set(groups[of_class]), set(groups[of_class & ~is_out])
        assert len(kept) >= min(least, len(before))


def test_recordings_of_many_classes_are_not_all_held_out() -> None:
    groups = np.repeat(np.arange(20), 5)
    labels = np.random.default_rng(0).random((100, 30)) < 0.3
    for seed in SEEDS:
        is_out = hold_out(labels, groups, share=0.2, seed=seed)
        assert len(set(groups[is_out])) == 4


def test_recordings_without_a_label_are_dealt_into_all_folds() -> None:
    labels = np.zeros((40, 2), np.bool_)
    labels[:10, 0] = labels[10:20, 1] = True
    folds = deal_folds(labels, np.arange(40), 5, 0, "ab")
    assert np.bincount(folds[20:]).tolist() == [4] * 5
    assert np.bincount(folds[:10]).tolist() == [2] * 5


def test_files_that_are_called_alike_in_two_folders_are_two_recordings(
    train: Path, tmp_path: Path
) -> None:
    test = tmp_path / "test"
    write(test / "a" / "day0_0.wav", noise(0.1, seed=99))
    trial = plan(train, n_folds=None, test=test)
    assert trial.groups[12] not in trial.groups[:12]
    assert {name: len(numbers) for name, numbers in trial.tests.items()} == {"test": 1}
    check_sides(trial)


def test_a_group_on_both_sides_is_refused_without_folds(
    train: Path, tmp_path: Path
) -> None:
    write(tmp_path / "test" / "a" / "day2_9.wav", noise(0.1, seed=99))
    with pytest.raises(DatasetError, match="day2_9.wav is of the same group, day2, as"):
        plan(train, r"(day\d)", None, test=tmp_path / "test")
    check_sides(plan(train, r"(day\d)", 3, test=tmp_path / "test"))


def link(original: Path, new: Path) -> None:
    new.symlink_to(original)


def hard_link(original: Path, new: Path) -> None:
    new.hardlink_to(original)


@pytest.mark.parametrize("way", [link, hard_link])
def test_a_file_on_both_sides_is_refused_before_anything_is_read(
    way: Callable[[Path, Path], None], train: Path, tmp_path: Path
) -> None:
    (tmp_path / "test" / "b").mkdir(parents=True)
    way(train / "b" / "day3_0.wav", tmp_path / "test" / "b" / "new.wav")
    with pytest.raises(DatasetError, match=r"new\.wav holds the same .*day3_0\.wav"):
        plan(train, n_folds=None, test=tmp_path / "test")


def test_a_class_that_only_the_test_has_is_refused(train: Path, tmp_path: Path) -> None:
    write(tmp_path / "test" / "c" / "1.wav", noise(0.1))
    for n_folds in (None, 3):
        with pytest.raises(DatasetError, match="class c is not in"):
            plan(train, n_folds=n_folds, test=tmp_path / "test")


def test_the_class_is_the_first_folder(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "train", clear_call, count=2)
    for label in "ab":
        (folder / label / "2021").mkdir()
        (folder / label / "1.wav").rename(folder / label / "2021" / "1.wav")
    dataset: Dataset = find_dataset(folder)
    assert dataset.classes == ("a", "b")
    assert [one.label for one in dataset.recordings] == ["a", "a", "b", "b"]


@pytest.mark.parametrize("inside", ["out", "out/of/today"])
def test_the_output_may_lie_among_the_classes(inside: str, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "train", clear_call, count=2)
    out = folder / inside
    out.mkdir(parents=True)
    assert find_dataset(folder, leave_out=out).classes == ("a", "b")
    again = folder / ".." / "train" / inside
    assert find_dataset(folder, leave_out=again).classes == ("a", "b")
