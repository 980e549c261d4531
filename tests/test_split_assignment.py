"""Which part of a dataset each recording is in, and that it stays there."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specimg.audio.recordings import Recording
from specimg.errors import DatasetError, ParameterError
from specimg.splits.assignment import assign
from specimg.splits.balance import Labels, Lacking, find_lacking
from specimg.splits.dealing import Deal, deal_in_turn
from specimg.splits.groups import group_names
from specimg.splits.parts import Part, parse_split, shares_of
from specimg.splits.table import (
    SplitError,
    SplitRow,
    SplitTableError,
    format_splits,
    read_splits,
    tabulate_splits,
)

SPLITS = (
    "train=70,val=15,test=15",
    "train=80,test=20",
    "a=1/3,b=1/3,c=1/3",
    "a=50,b=30,c=20",
)
THREE = parse_split(SPLITS[0])

Recordings = Sequence[tuple[str, str, Labels]]
"""Of each recording: its name, its group and its labels."""


def assigned(
    recordings: Recordings,
    parts: Sequence[Part] = THREE,
    seed: int = 0,
    before: Sequence[SplitRow] = (),
) -> dict[str, str]:
    names, groups, labels = zip(*recordings, strict=True)
    return assign(names, groups, labels, parts, seed=seed, before=before)


@st.composite
def some_recordings(draw: st.DrawFn, n_groups: int = 6) -> Recordings:
    label = st.sampled_from("abcde")
    labels = st.one_of(
        st.frozensets(label, max_size=3),
        st.dictionaries(label, st.integers(0, 20), max_size=3),
    )
    group = st.integers(1, n_groups).map("site {}".format)
    pairs = draw(st.lists(st.tuples(group, labels), min_size=1, max_size=16))
    return [(f"{group}/{i}.wav", group, own) for i, (group, own) in enumerate(pairs)]


def cost(
    recordings: Recordings, parts: Sequence[Part], of_group: Mapping[str, str]
) -> tuple[int, Fraction]:
    """Reckon plainly what `assign` says that it keeps small."""
    held: dict[str, Counter[str]] = defaultdict(Counter)
    groups: dict[str, set[str]] = defaultdict(set)
    for _, group, labels in recordings:
        counts = labels if isinstance(labels, Mapping) else dict.fromkeys(labels, 1)
        counts = {label: n for label, n in counts.items() if n} or {"none": 1}
        for label, count in {**counts, "all": sum(counts.values())}.items():
            held[label][of_group[group]] += count
            groups[label].add(group)
    lacking = sum(
        part.name not in held[label]
        for label in held
        for part in parts
        if len(groups[label]) >= len(parts)
    )
    beyond = (
        Fraction(of_part[part.name], of_part.total()) - part.share
        for of_part in held.values()
        for part in parts
    )
    return lacking, sum((x**2 for x in beyond), Fraction())


def least_cost(
    recordings: Recordings, parts: Sequence[Part], fixed: Mapping[str, str]
) -> tuple[int, Fraction]:
    """Try all ways to give groups to parts."""
    free = sorted({group for _, group, _ in recordings} - set(fixed))
    ways = itertools.product([part.name for part in parts], repeat=len(free))
    return min(
        cost(recordings, parts, {**fixed, **dict(zip(free, way, strict=True))})
        for way in ways
    )


def check_is_best(
    recordings: Recordings, split: str, fixed: Mapping[str, str], seed: int
) -> bool:
    """Hold that no part lacks what it could have; say whether the rest is the best."""
    parts = parse_split(split)
    before = [
        SplitRow(source=f"old {group}", split=part, group=group)
        for group, part in fixed.items()
    ]
    result = assigned(recordings, parts, seed, before)
    of_group = {group: result[name] for name, group, _ in recordings}
    lacking, beyond = cost(recordings, parts, of_group)
    best_lacking, best_beyond = least_cost(recordings, parts, fixed)
    assert lacking == best_lacking
    return float(beyond - best_beyond) < 1e-6


def draw_recordings(chance: Random) -> Recordings:
    """Draw some, in which large and small groups hold several classes each."""
    n_groups, n_classes = chance.randint(1, 6), chance.randint(1, 6)
    found: list[tuple[str, str, Labels]] = []
    for number in range(chance.randint(n_groups, 18)):
        labels = {
            f"class {chance.randrange(n_classes)}": chance.randint(1, 30)
            for _ in range(chance.randrange(4))
        }
        own: Labels = labels if chance.random() < 0.5 else frozenset(labels)
        found.append((f"{number}.wav", f"g{chance.randrange(n_groups)}", own))
    return found


def test_few_groups_are_dealt_as_well_as_can_be() -> None:
    chance = Random(3)  # noqa: S311 - no secret
    drawn = [(draw_recordings(chance), chance.choice(SPLITS)) for _ in range(40)]
    best = [check_is_best(found, split, {}, seed=1) for found, split in drawn]
    assert sum(best) >= 39


def test_what_is_new_is_dealt_as_well_as_what_was_before_allows() -> None:
    chance = Random(4)  # noqa: S311 - no secret
    best = [
        check_is_best(draw_recordings(chance), SPLITS[0], {"g1": "val"}, seed=1)
        for _ in range(20)
    ]
    assert sum(best) >= 19


@given(some_recordings(), st.sampled_from(SPLITS), st.integers(0, 3))
@settings(max_examples=20, deadline=None)
def test_every_recording_is_in_one_part_with_all_of_its_group(
    recordings: Recordings, split: str, seed: int
) -> None:
    parts = parse_split(split)
    result = assigned(recordings, parts, seed)
    assert list(result) == [name for name, _, _ in recordings]
    assert set(result.values()) <= {part.name for part in parts}
    sides = {(group, result[name]) for name, group, _ in recordings}
    assert len(sides) == len({group for _, group, _ in recordings})


@given(some_recordings(), st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_the_order_of_recordings_and_parts_does_not_matter(
    recordings: Recordings, chance: Random
) -> None:
    mixed, parts = list(recordings), list(THREE)
    chance.shuffle(mixed)
    chance.shuffle(parts)
    assert assigned(mixed, parts) == assigned(recordings)


@given(some_recordings(), some_recordings(n_groups=9), st.integers(0, 3))
@settings(max_examples=15, deadline=None)
def test_a_recording_keeps_its_part_when_others_come(
    earlier: Recordings, later: Recordings, seed: int
) -> None:
    later = [(f"new/{name}", group, labels) for name, group, labels in later]
    first = assigned(earlier)
    names, groups, _ = zip(*earlier, strict=True)
    table = tabulate_splits(names, groups, first)
    grown = assigned([*later, *earlier], seed=seed, before=table)
    assert {name: grown[name] for name in names} == first
    names, groups, _ = zip(*later, *earlier, strict=True)
    table = tabulate_splits(names, groups, grown, table)
    assert assigned([*earlier, *later], seed=seed + 1, before=table) == grown


def test_a_new_recording_joins_its_group_though_the_others_are_gone() -> None:
    old = [(f"{n}.wav", f"=group {n}", frozenset("a")) for n in range(9)]
    names, groups, _ = zip(*old, strict=True)
    result = assigned(old)
    rows = tabulate_splits(names, groups, result)
    new = [(f"new {n}", f"=group {n}", frozenset("b")) for n in range(9)]
    joined = assigned(new, before=rows, seed=1)
    assert list(joined.values()) == list(result.values())
    assert set(result.values()) == {"train", "val", "test"}


def test_new_groups_go_where_most_is_lacking() -> None:
    old = [SplitRow(source=f"{n}.wav", split="train", group=f"{n}") for n in range(70)]
    found = [(f"{n}.wav", f"{n}", frozenset("a")) for n in range(100)]
    counts = Counter(assigned(found, before=old).values())
    assert counts == {"train": 70, "val": 15, "test": 15}


def test_another_seed_assigns_otherwise() -> None:
    found = [(f"{n}.wav", f"{n}", frozenset("a")) for n in range(40)]
    results = [assigned(found, seed=seed) for seed in range(3)]
    assert results[0] != results[1] != results[2] != results[0]
    for result in results:
        assert Counter(result.values()) == {"train": 28, "val": 6, "test": 6}


def test_each_class_of_many_is_in_every_part_with_about_its_share() -> None:
    chance = Random(0)  # noqa: S311 - no secret
    found = [
        (f"{n}", f"{n // 2}", frozenset({f"{int(30 * chance.random() ** 2)}"}))
        for n in range(3000)
    ]
    held: dict[str, Counter[str]] = defaultdict(Counter)
    result = assigned(found)
    for name, _, labels in found:
        held[min(labels)][result[name]] += 1
    for counts in held.values():
        for part in THREE:
            assert counts[part.name] / counts.total() == pytest.approx(
                float(part.share), abs=0.05
            )


def test_a_class_of_three_small_groups_is_in_every_part_beside_large_classes() -> None:
    large = [(f"{n}.wav", f"{n}", {"common": 500}) for n in range(60)]
    rare = [(f"x{n}.wav", f"x{n}", {"rare": 1, "common": 3}) for n in range(3)]
    result = assigned([*large, *rare])
    assert {result[name] for name, _, _ in rare} == {"train", "val", "test"}


@pytest.mark.parametrize("seed", range(8))
def test_classes_that_share_groups_are_in_every_part_where_that_is_possible(
    seed: int,
) -> None:
    """A way is hidden: each class is given to a group of each of three colors."""
    chance = Random(seed)  # noqa: S311 - no secret
    labels: list[set[str]] = [set() for _ in range(24)]
    for label in range(16):
        for color in range(3):
            labels[3 * chance.randrange(8) + color].add(f"{label}")
    found = [(f"{n}.wav", f"{n}", frozenset(own)) for n, own in enumerate(labels)]
    result = assigned(found)
    lacking = find_lacking(
        [group for _, group, _ in found],
        [own for _, _, own in found],
        list(result.values()),
        THREE,
    )
    assert [one for one in lacking if one.label] == []


def test_small_classes_are_in_every_part_before_anything_is_improved() -> None:
    """Where there are very many groups, no time is left to mend what was dealt."""
    from scipy.sparse import csr_array  # noqa: PLC0415 - a fifth of a second

    n_classes = 50
    weights = csr_array(np.repeat(np.eye(n_classes, dtype=np.int64), 3, axis=0))
    wanted = np.array([[210], [45], [45]]) * np.ones(n_classes, np.int64)
    nothing = np.zeros_like(wanted)
    deal = Deal(100 * weights, -wanted, nothing, np.full(n_classes, fill_value=True))
    dealt = deal_in_turn(deal).reshape(n_classes, 3)
    assert (np.sort(dealt, axis=1) == [0, 1, 2]).all()


def test_what_no_class_is_heard_in_is_balanced_as_well() -> None:
    calls = [(f"{n}", f"{n}", frozenset("a")) for n in range(20)]
    empty = [(f"n{n}", f"n{n}", frozenset[str]()) for n in range(20)]
    result = assigned([*calls, *empty])
    counts = Counter(result[name] for name, _, _ in empty)
    assert counts == {"train": 14, "val": 3, "test": 3}


def test_fewer_groups_than_parts_are_assigned_and_what_lacks_is_told() -> None:
    found = [("1.wav", "x", frozenset("ab")), ("2.wav", "y", frozenset("a"))]
    _, groups, labels = zip(*found, strict=True)
    result = assigned(found)
    told = find_lacking(groups, labels, list(result.values()), THREE)
    assert [(one.label, one.n_groups) for one in told] == [("a", 2), ("b", 1)]
    assert set(told[1].parts) | {result["1.wav"]} == {"train", "val", "test"}
    parts = parse_split("a=50,b=50")
    assert find_lacking("xyz", ["u", "u", "v"], "aba", parts) == [
        Lacking("v", 1, ("b",))
    ]


def test_a_group_in_two_parts_is_refused() -> None:
    before = [
        SplitRow(source="a/1.wav", split="train"),
        SplitRow(source="a/2.wav", split="test"),
    ]
    found = [("a/1.wav", "day 1", {"a": 1}), ("a/2.wav", "day 1", {"a": 1})]
    said = r"group day 1 is in two .*: a/1.wav is in train, a/2.wav in test; need one"
    with pytest.raises(SplitError, match=said):
        assigned(found, before=before)
    alone = [("a/1.wav", "1", {"a": 1}), ("a/2.wav", "2", {"a": 1})]
    assert assigned(alone, before=before) == {"a/1.wav": "train", "a/2.wav": "test"}


def test_a_part_that_is_not_wanted_any_more_is_refused() -> None:
    before = [SplitRow(source="1.wav", split="dev")]
    with pytest.raises(SplitError, match=r"1.wav is in dev: need one of train, val, t"):
        assigned([("1.wav", "1", {"a": 1})], before=before)


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("train=70,val=15,test=15", {"train": 70, "val": 15, "test": 15}),
        (" train = 0.8 , test = .2 ", {"train": 80, "test": 20}),
        ("a=1/3,b=2/3", {"a": Fraction(100, 3), "b": Fraction(200, 3)}),
        ("A_1=12.5,b=87.5", {"A_1": 12.5, "b": 87.5}),
        ("test=1", {"test": 100}),
    ],
)
def test_shares_are_percent_or_fractions(
    text: str, shares: Mapping[str, float]
) -> None:
    parts = parse_split(text)
    assert {part.name: 100 * part.share for part in parts} == shares
    assert [part.name for part in parts] == list(shares)
    assert sum(part.share for part in parts) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "'' has no share: need parts such as train=70,val=15,test=15"),
        ("train", "'train' has no share"),
        ("train=70,", "'' has no share"),
        ("train=70,val=20", "the shares add up to 90: need 100 percent, or 1"),
        ("train=0.7,val=0.2", "the shares add up to 0.9: need"),
        ("train=100,test=0", "test=0: need a share above 0, such as 70 or 0.7"),
        ("train=110,test=-10", "test=-10: need a share above 0"),
        ("train=x,test=1", "train=x: need a share"),
        ("train=1/0,test=1", "train=1/0: need a share"),
        ("train=1e999999999,test=1", "train=1e999999999: need a share"),
        ("train=nan", "train=nan: need a share"),
        ("train=.,test=1", "train=.: need a share"),
        ("a/b=50,test=50", "'a/b' cannot be a folder: need up to 64 letters, dig"),
        ("..=50,test=50", r"'..' cannot be a folder"),
        ("=50,test=50", "'' cannot be a folder"),
        ("test=50,Test=50", "Test is there twice: need each part once"),
        ("x=" + "9" * 500, "need a share above 0"),
    ],
)
def test_what_is_no_split_is_refused(text: str, said: str) -> None:
    with pytest.raises(ParameterError) as caught:
        parse_split(text)
    assert str(caught.value).startswith("--split ")
    assert said in str(caught.value)
    assert len(str(caught.value)) < 300


def test_the_parts_of_a_table_have_the_shares_that_they_have() -> None:
    assert shares_of(["b", "a", "b", "b"]) == (
        Part("b", Fraction(3, 4)),
        Part("a", Fraction(1, 4)),
    )


def recordings(*names: str) -> list[Recording]:
    return [Recording(path=Path("in") / name, name=name, label="") for name in names]


def test_first_may_be_the_first_folder_below_the_input() -> None:
    found = recordings("site/day/1.wav", "site/2.wav", "other/1.wav")
    names = group_names(found, "first", n_label_folders=0)
    assert names == ["site", "site", "other"]
    with pytest.raises(DatasetError, match="a folder between the input and the rec"):
        group_names(recordings("1.wav"), "first", n_label_folders=0)


def test_groups_may_be_looked_up() -> None:
    column = {"a/1.wav": "x", "a/2.wav": "y", "a/3.wav": ""}
    assert group_names(recordings("a/2.wav", "a/1.wav"), column) == ["y", "x"]
    for name in ("a/3.wav", "a/4.wav"):
        with pytest.raises(DatasetError, match=f"{name}: the column of --group has no"):
            group_names(recordings("a/1.wav", name), column)


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    names, groups = ["b,c/1.wav", "a/ü.wav"], ['=1+1,"', "-x"]
    rows = tabulate_splits(names, groups, dict(zip(names, "vu", strict=True)))
    path = tmp_path / "splits.csv"
    path.write_bytes(b"".join(format_splits(rows)))
    assert read_splits(path) == rows
    assert path.read_bytes().splitlines()[:2] == [
        b"source,split,group",
        "a/ü.wav,u,%2Dx".encode(),
    ]


def test_a_table_of_somebody_else_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(
        b"\xef\xbb\xbfsplit,who,source\r\ntrain,me,a/1.wav\r\n\r\n"
        b"test,you,a/2.wav\r\ntrain,you,a/1.wav"
    )
    assert read_splits(path) == [
        SplitRow(source="a/1.wav", split="train"),
        SplitRow(source="a/2.wav", split="test"),
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", ", line 1: the column source is missing"),
        (b"source,part\n1.wav,train\n", ", line 1: the column split is missing"),
        (b"source;split\n1.wav;train\n", ", line 1: the column source is missing"),
        (b"source,split,split\n", ", line 1: two columns are called split"),
        (b"source,split\n", " names no recordings: need rows with"),
        (b"source,split\n1.wav\n", ", line 2: 1 cell, but there are 2 columns"),
        (b"source,split\n,train\n", ", line 2: the cell of source is empty"),
        (b"source,split\n1.wav,\n", ", line 2: split='': need letters, digits and"),
        (b"source,split\n1,a\n2,../x\n", ", line 3: split='../x': need letters"),
        (b"source,split\n1\x1b,a\n", r", line 2: source='1\x1b' has characters that"),
        (b"source,split\n1,a\n1,b\n", ", line 3: 1 is in b, but in a above: need one"),
        (b"source,split\n1,\xff\n", ", line 2: is not UTF-8"),
        (b"source,split\n1,\0\n", ", line 2: has a NUL in it"),
        (b'source,split\n"1"x,a\n', ", line 2: "),
        (b"source,split\n" + 2**20 * b"x", ", line 2: longer than 1048576 bytes"),
    ],
)
def test_what_is_no_table_of_splits_is_refused(
    data: bytes, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "splits.csv"
    path.write_bytes(data)
    with pytest.raises(SplitError) as caught:
        read_splits(path)
    assert f"{path}{said}" in str(caught.value)
    assert isinstance(caught.value, SplitTableError) == (", line" in said)


def test_a_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(SplitError, match=f"cannot read {path}: "):
            read_splits(path)
