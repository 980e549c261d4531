import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from labeled import (
    SAMPLE_RATE,
    call_under_noise,
    clear_call,
    only_noise,
    write_folder,
)
from PIL import Image
from sklearn.metrics import average_precision_score
from sounds import noise, read_png, specimg, write

from specimg.dataset.labeled import check_test, find_dataset
from specimg.dataset.metrics import macro_average_precision
from specimg.dataset.rendered import render_dataset
from specimg.errors import DatasetError, ParameterError
from specimg.evaluate.experiment import run
from specimg.evaluate.verdicts import Summary, summarize
from specimg.settings import Settings
from specimg.settings.variants import parse_variant

SECOND = Settings.from_options({"clip_duration": 1})


def summarized(train: Path, test: Path, *specs: str, seeds: int = 5) -> list[Summary]:
    arms = [parse_variant(spec) for spec in specs]
    tests = {"test": find_dataset(test)}
    scores = run(find_dataset(train), tests, arms, SECOND, model="ridge", seeds=seeds)
    return summarize([score for found in scores for score in found])


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3), st.lists(st.integers(0, 4), min_size=4, max_size=4)
        ),
        min_size=1,
        max_size=30,
    )
)
def test_the_macro_precision_is_that_of_scikit_learn_also_with_ties(
    clips: list[tuple[int, list[int]]],
) -> None:
    labels = np.array([label for label, _ in clips])
    scores = np.array([score for _, score in clips], float)
    expected = [
        average_precision_score(labels == index, scores[:, index])
        for index in set(labels.tolist())
    ]
    ours = macro_average_precision(scores, labels)
    np.testing.assert_allclose(ours, [np.mean(expected)], atol=1e-12)


def test_a_weight_counts_a_clip_as_often() -> None:
    rng = np.random.default_rng(0)
    labels, scores = rng.integers(3, size=40), rng.normal(size=(40, 3))
    weights = rng.integers(0, 4, size=(5, 40))
    ours = macro_average_precision(scores, labels, weights.astype(float))
    for found, counts in zip(ours, weights, strict=True):
        again = np.repeat(np.arange(40), counts)
        expected = macro_average_precision(scores[again], labels[again])
        np.testing.assert_allclose([found], expected)


@pytest.mark.parametrize(
    ("spec", "count"),
    [("db", 1), ("pcen:scale=1e+3", 1), ("db+pcen:gain=1e+0,bias=3+exp:a=1", 3)],
)
def test_an_arm_is_one_frontend_or_three(spec: str, count: int) -> None:
    assert len(parse_variant(spec).frontends) == count


@pytest.mark.parametrize("spec", ["db+pcen", "db+", "", "loud", "db:loud=3"])
def test_an_arm_of_anything_else_is_refused(spec: str) -> None:
    with pytest.raises(ParameterError):
        parse_variant(spec)


def test_pictures_are_those_that_convert_writes(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "in", clear_call, count=2)
    write(folder / "b" / "longer.wav", noise(2.4))
    arm = parse_variant("db+pcen+exp")
    pictures = render_dataset(find_dataset(folder), SECOND, arm)
    options = ["--r", "db", "--g", "pcen", "--b", "exp", "--clip-duration", 1]
    assert specimg("convert", folder, tmp_path / "out", *options).returncode == 0
    files = sorted((tmp_path / "out").glob("*/*.png"))
    written = np.stack([read_png(file) for file in files])
    np.testing.assert_array_equal(pictures.pixels, written)
    assert pictures.labels.tolist() == [0, 0, 1, 1, 1, 1, 1]
    assert pictures.sources.tolist() == [0, 1, 2, 3, 4, 4, 4]


def test_what_only_pcen_can_see_is_seen_by_pcen_alone(tmp_path: Path) -> None:
    train = write_folder(tmp_path / "train", call_under_noise, count=16, seed=1)
    test = write_folder(tmp_path / "test", call_under_noise, count=16, seed=2)
    found = summarized(train, test, "db", "raw", "exp", "pcen")
    by_arm = {summary.arm: summary for summary in found}
    assert by_arm["db"].verdict == "reference"
    assert by_arm["pcen"].verdict == "better"
    assert by_arm["pcen"].mean > 0.95
    assert max(by_arm[arm].mean for arm in ("db", "raw", "exp")) < 0.8


@pytest.mark.parametrize("seed", [0, 10, 20])
def test_where_there_is_nothing_to_hear_all_is_undecided(
    seed: int, tmp_path: Path
) -> None:
    train = write_folder(tmp_path / "train", only_noise, seed=seed + 1)
    test = write_folder(tmp_path / "test", only_noise, seed=seed + 2)
    found = summarized(train, test, "db", "raw", "exp", "pcen", "db+pcen+exp")
    verdicts = [summary.verdict for summary in found]
    assert verdicts == ["reference", *["undecided"] * 4]


def test_one_seed_decides_nothing(tmp_path: Path) -> None:
    train = write_folder(tmp_path / "train", call_under_noise, seed=1)
    test = write_folder(tmp_path / "test", call_under_noise, seed=2)
    _, pcen = summarized(train, test, "raw", "pcen", seeds=1)
    assert pcen.verdict == "undecided"
    assert np.isnan(pcen.error)


def test_one_recording_a_class_decides_nothing(tmp_path: Path) -> None:
    train = write_folder(tmp_path / "train", call_under_noise, seed=1)
    test = write_folder(tmp_path / "test", call_under_noise, count=1, seed=2)
    found = summarized(train, test, "db", "raw", "pcen")
    assert {summary.verdict for summary in found} == {"reference", "undecided"}


def test_the_class_is_the_first_folder(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "train", clear_call, count=2)
    for label in "ab":
        (folder / label / "2021").mkdir()
        (folder / label / "1.wav").rename(folder / label / "2021" / "1.wav")
    dataset = find_dataset(folder)
    assert dataset.classes == ("a", "b")
    assert dataset.labels.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("inside", ["out", "out/of/today"])
def test_the_output_may_lie_among_the_classes(inside: str, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "train", clear_call, count=2)
    out = folder / inside
    out.mkdir(parents=True)
    assert find_dataset(folder, leave_out=out).classes == ("a", "b")
    again = folder / ".." / "train" / inside
    assert find_dataset(folder, leave_out=again).classes == ("a", "b")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compare")
    write_folder(folder / "train", clear_call, count=4, seed=1)
    write_folder(folder / "test", clear_call, count=3, seed=2)
    return folder


def compare(folder: Path, *arguments: object) -> tuple[int, str, str]:
    result = specimg(
        "compare",
        *(folder / "train", "--test", f"clean={folder / 'test'}"),
        *("-o", folder / "out", "--clip-duration", 1, *arguments),
    )
    return result.returncode, result.stdout, result.stderr


def test_the_command_writes_a_row_for_each_arm_seed_and_test(folders: Path) -> None:
    pytest.importorskip("matplotlib")
    specs = ["--arm", "raw", "--arm", "db+pcen+exp"]
    noisy = ["--test", f"noisy={folders / 'test'}"]
    status, stdout, stderr = compare(folders, *specs, *noisy, "--seeds", 2)
    assert (status, stderr) == (0, "")
    with (folders / "out" / "compare.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    keys = [(row["arm"], row["seed"], row["test"]) for row in rows]
    assert keys == [
        (arm, seed, test)
        for arm in ("raw", "db+pcen+exp")
        for seed in ("0", "1")
        for test in ("clean", "noisy")
    ]
    assert {row["model"] for row in rows} == {"ridge"}
    values = [float(r["macro_ap"]) for r in rows if r["arm"] == "raw"][::2]
    mean, deviation = np.mean(values), np.std(values, ddof=1)
    assert f"{mean:.3f} ± {deviation:.3f}" in stdout
    assert "cannot be told from chance" in stdout
    with Image.open(folders / "out" / "compare.png") as chart:
        assert chart.mode == "RGBA"


def test_names_that_look_like_formulas_and_small_pictures_are_fine(
    folders: Path,
) -> None:
    pytest.importorskip("matplotlib")
    odd = [
        "--test",
        f"a$\\foo$={folders / 'test'}",
        "--test",
        f"日本={folders / 'test'}",
    ]
    size = ["--n-mels", 4, "--size", "20x3", "--arm", "db", "--seeds", 1]
    status, stdout, stderr = compare(folders, *odd, *size)
    assert (status, stderr) == (0, "")
    assert "a$\\foo$" in stdout
    assert "nan" not in stdout


def test_the_same_command_gives_the_same_scores(folders: Path) -> None:
    tables = []
    for _ in range(2):
        assert compare(folders, "--arm", "pcen", "--seeds", 2)[0] == 0
        with (folders / "out" / "compare.csv").open(newline="") as file:
            tables.append([row["macro_ap"] for row in csv.DictReader(file)])
    assert tables[0] == tables[1]


def test_the_network_tells_clear_calls_apart(folders: Path) -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    arms = ["--arm", "db", "--arm", "db+pcen+exp"]
    status, stdout, stderr = compare(folders, *arms, "--model", "cnn", "--seeds", 2)
    assert (status, stderr) == (0, "")
    assert "cnn, 2 seeds" in stdout


def link(train: Path, test: Path) -> None:
    (test / "b" / "new.wav").symlink_to(train / "b" / "1.wav")


def copy(train: Path, test: Path) -> None:
    shutil.copy(train / "b" / "1.wav", test / "b" / "new.wav")


def recode(train: Path, test: Path) -> None:
    samples, _ = soundfile.read(train / "b" / "1.wav", dtype="float32")
    soundfile.write(test / "b" / "new.aiff", samples, SAMPLE_RATE, "FLOAT")


@pytest.mark.parametrize("way", [link, copy, recode])
def test_a_recording_on_both_sides_is_refused(
    way: Callable[[Path, Path], None], tmp_path: Path
) -> None:
    train = write_folder(tmp_path / "train", clear_call, count=2, seed=1)
    test = write_folder(tmp_path / "test", clear_call, count=2, seed=2)
    way(train, test)
    with pytest.raises(DatasetError, match=r"new\.\w+ holds the same .*1\.wav"):
        check_test(find_dataset(test), find_dataset(train), SECOND)


def test_silence_on_both_sides_is_no_recording_on_both_sides(tmp_path: Path) -> None:
    train = write_folder(tmp_path / "train", clear_call, count=2, seed=1)
    test = write_folder(tmp_path / "test", clear_call, count=2, seed=2)
    for folder in (train, test):
        write(folder / "a" / "silence.wav", np.zeros(SAMPLE_RATE, np.float32))
    check_test(find_dataset(test), find_dataset(train), SECOND)


def lonely(folder: Path) -> None:
    write(folder / "train" / "c" / "1.wav", noise(1))


def empty_class(folder: Path) -> None:
    (folder / "train" / "c").mkdir()


def empty_train(folder: Path) -> None:
    shutil.rmtree(folder / "train")
    (folder / "train").mkdir()


def no_train(folder: Path) -> None:
    shutil.rmtree(folder / "train")


def loose(folder: Path) -> None:
    write(folder / "train" / "1.wav", noise(1))


def broken(folder: Path) -> None:
    (folder / "train" / "a" / "1.wav").write_bytes(b"RIFF\0\0\0\0WAVEfmt ")


def broken_test(folder: Path) -> None:
    (folder / "test" / "a" / "1.wav").write_bytes(b"")


def unknown_class(folder: Path) -> None:
    write(folder / "test" / "c" / "1.wav", noise(1))


def one_class(folder: Path) -> None:
    shutil.rmtree(folder / "train" / "b")
    shutil.rmtree(folder / "test" / "b")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lonely, "class c has 1 recording"),
        (empty_class, "train/c is empty"),
        (empty_train, "no audio found in"),
        (no_train, "no such folder"),
        (loose, "train/1.wav has no class"),
        (broken, "a/1.wav: damaged header"),
        (broken_test, "a/1.wav: empty: 0 bytes"),
        (unknown_class, "class c is not in"),
        (one_class, "holds one class, a"),
    ],
)
def test_folders_that_cannot_be_compared_are_an_error(
    spoil: Callable[[Path], None], message: str, tmp_path: Path
) -> None:
    write_folder(tmp_path / "train", clear_call, count=2, seed=1)
    write_folder(tmp_path / "test", clear_call, count=2, seed=2)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "compare.csv").write_text("of another day")
    spoil(tmp_path)
    status, stdout, stderr = compare(tmp_path, "--seeds", 1)
    assert (status, stdout) == (1, "")
    assert message in stderr
    assert stderr.count("\n") == 1
    assert (tmp_path / "out" / "compare.csv").read_text() == "of another day"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--arm", "db+pcen"], 2, "need one, or three"),
        (["--arm", "loud"], 2, "unknown frontend 'loud'"),
        (["--model", "forest"], 2, "need one of ridge, cnn"),
        (["--test", "noisy"], 2, "need NAME=DIR"),
        (["--test", "clean=x"], 2, "a test called clean already"),
        (["--seeds", "0"], 2, "greater than or equal to 1"),
        (["--n-mels", "4000"], 2, "too many for n_fft"),
        (["--final-clip", "remainder", "--clip-duration", "0.7"], 1, "final_clip="),
        (["-o", "/dev/null/x"], 1, "cannot write"),
    ],
)
def test_a_wrong_option_is_named(
    arguments: list[str], status: int, message: str, folders: Path
) -> None:
    found, stdout, stderr = compare(folders, *arguments)
    assert (found, stdout) == (status, "")
    assert message in " ".join(stderr.replace("│", " ").split())


def test_learned_parameters_of_other_bands_are_refused(
    folders: Path, tmp_path: Path
) -> None:
    (tmp_path / "learned.json").write_text('{"parameters": {"a": [0.1, 0.2]}}')
    arm = f"exp:@{tmp_path / 'learned.json'}"
    status, _, stderr = compare(folders, "--arm", arm)
    assert status == 2
    assert "a has 2 values, one per band, but n_mels=128" in stderr
