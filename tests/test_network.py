"""The networks of others, which ``specimg compare --model pretrained`` looks with."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from labeled import clear_call, write_folder
from sounds import specimg

from specimg.dataset.labeled import find_dataset
from specimg.dataset.rendered import Pictures, render_dataset
from specimg.errors import MissingExtraError
from specimg.settings import Settings
from specimg.settings.variants import parse_variant

torch = pytest.importorskip("torch", reason="torch is not installed")

from torch import Tensor, nn  # noqa: E402
from torch.export import Dim, export, save  # noqa: E402

from specimg.evaluate.network import (  # noqa: E402
    BATCH,
    NetworkError,
    extract_features,
    load_network,
)

HEIGHT, WIDTH = 16, 24
CPU = torch.device("cpu")


class Convolution(nn.Module):
    """Eight random filters, and where in thirds of the picture they find something."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.filters = nn.Conv2d(3, 8, 5)

    def forward(self, pictures: Tensor) -> Tensor:
        found = self.filters(pictures).relu()
        return nn.functional.adaptive_avg_pool2d(found, (1, 3)).flatten(1)


class Means(nn.Module):
    """The mean of each channel."""

    def forward(self, pictures: Tensor) -> Tensor:
        return pictures.mean((2, 3))


class Sum(nn.Module):
    def forward(self, one: Tensor, two: Tensor) -> Tensor:
        return (one + two).mean((2, 3))


class Flat(nn.Module):
    def forward(self, pictures: Tensor) -> Tensor:
        return pictures.mean((1, 2, 3))


class Map(nn.Module):
    def forward(self, pictures: Tensor) -> Tensor:
        return pictures[:, :, ::4, ::4]


class Transposed(nn.Module):
    def forward(self, pictures: Tensor) -> Tensor:
        return pictures.mean((2, 3)).T


class Pair(nn.Module):
    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        return pictures.mean((2, 3)), pictures.mean((1, 2))


def pictures_of(*shape: int) -> Tensor:
    return torch.zeros(2, *shape)


def write(
    path: Path, module: nn.Module, *inputs: object, n: object = Dim.DYNAMIC
) -> Path:
    shapes = tuple({0: n} if n else None for _ in inputs)
    save(export(module.eval(), inputs, dynamic_shapes=shapes), path)
    return path


RIGHT = pictures_of(3, HEIGHT, WIDTH)


@pytest.mark.parametrize(
    "n", [Dim.DYNAMIC, Dim("n"), Dim("n", max=64)], ids=["dynamic", "named", "bounded"]
)
def test_a_program_with_any_number_of_pictures_is_a_network(
    n: object, tmp_path: Path
) -> None:
    network = load_network(
        str(write(tmp_path / "x.pt2", Convolution(), RIGHT, n=n)), CPU
    )
    assert (network.height, network.width, network.n_features) == (HEIGHT, WIDTH, 24)
    pictures = torch.rand(BATCH, 3, HEIGHT, WIDTH)
    torch.testing.assert_close(network.run(pictures), Convolution()(pictures))


def static(path: Path) -> None:
    write(path, Convolution(), RIGHT, n=None)


def few(path: Path) -> None:
    write(path, Convolution(), RIGHT, n=Dim("n", max=BATCH - 1))


def gray(path: Path) -> None:
    write(path, Flat(), pictures_of(1, HEIGHT, WIDTH))


def flat_input(path: Path) -> None:
    write(path, nn.Linear(9, 3), pictures_of(9))


def any_height(path: Path) -> None:
    save(export(Means(), (RIGHT,), dynamic_shapes=({0: Dim("n"), 2: Dim("h")},)), path)


def two_inputs(path: Path) -> None:
    write(path, Sum(), RIGHT, RIGHT)


def a_number_besides(path: Path) -> None:
    save(export(Sum(), (RIGHT, 3)), path)


def double(path: Path) -> None:
    write(path, Convolution().double(), RIGHT.double())


def flat(path: Path) -> None:
    write(path, Flat(), RIGHT)


def maps(path: Path) -> None:
    write(path, Map(), RIGHT)


def transposed(path: Path) -> None:
    write(path, Transposed(), RIGHT)


def pair(path: Path) -> None:
    write(path, Pair(), RIGHT)


def weights(path: Path) -> None:
    torch.save(Convolution().state_dict(), path)


def text(path: Path) -> None:
    path.write_text("a network")


def empty(path: Path) -> None:
    path.touch()


def cut(path: Path) -> None:
    write(path, Convolution(), RIGHT)
    path.write_bytes(path.read_bytes()[:2000])


def missing(path: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (static, r"it takes \(2, 3, 16, 24\)"),
        (few, "need a program"),
        (gray, r"it takes \[\(\w+, 1, 16, 24\)\]"),
        (flat_input, r"it takes \[\(\w+, 9\)\]"),
        (any_height, r"it takes \(\w+, 3, \w+, 24\)"),
        (two_inputs, r"it takes \[\(\w+, 3, 16, 24\), "),
        (a_number_besides, "it takes"),
        (double, "same"),
        (flat, r"of 16 pictures it gives shape \(16,\)"),
        (maps, r"gives shape \(16, 3, 4, 6\)"),
        (transposed, r"gives shape \(3, 16\)"),
        (pair, "gives 'tuple'"),
        (weights, "need a program"),
        (text, "not a zip file"),
        (empty, "not a zip file"),
        (cut, "not a zip file"),
        (missing, "no such file; need timm:NAME"),
    ],
)
def test_what_is_no_such_program_is_a_sentence(
    make: Callable[[Path], None],
    why: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    make(tmp_path / "x.pt2")
    capfd.readouterr()
    with pytest.raises(NetworkError, match=why) as caught:
        load_network(str(tmp_path / "x.pt2"), CPU)
    assert "\n" not in str(caught.value)
    assert "--network" in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_without_timm_its_networks_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "timm", None)
    with pytest.raises(MissingExtraError, match=r"timm:x needs timm: .*\[pretrained\]"):
        load_network("timm:x", CPU)


def rendered(folder: Path, spec: str, count: int = 9) -> Pictures:
    write_folder(folder / "in", clear_call, count=count)
    (pictures,) = render_dataset(
        find_dataset(folder / "in").recordings,
        Settings.from_options({"clip_duration": 1}),
        [parse_variant(spec).frontends],
        folder,
        jobs=1,
        limit=10**9,
    ).variants
    return pictures


@pytest.mark.parametrize("spec", ["db", "db+pcen+exp"])
def test_features_are_those_of_standardized_pictures_however_many_there_are(
    spec: str, tmp_path: Path
) -> None:
    pictures = rendered(tmp_path, spec)
    assert len(pictures) == BATCH + 2  # of which the last two are a batch of their own
    network = load_network(str(write(tmp_path / "x.pt2", Means(), RIGHT)), CPU)
    known = np.arange(10)
    seen: list[int] = []
    found = extract_features(pictures, network, known, seen.append)
    assert sum(seen) == len(pictures)
    whole = np.stack(list(pictures)).astype(float)
    level = whole[known].mean(axis=(0, 1, 2)), whole[known].std(axis=(0, 1, 2))
    expected = (whole.mean(axis=(1, 2)) - level[0]) / level[1]
    # That a picture is resized moves its mean a little.
    np.testing.assert_allclose(found, np.broadcast_to(expected, found.shape), atol=0.05)


def test_a_program_is_compared_with_and_what_it_saw_is_kept(tmp_path: Path) -> None:
    write_folder(tmp_path / "train", clear_call, count=6)
    path = write(tmp_path / "x.pt2", Convolution(), RIGHT)
    run = ["compare", tmp_path / "train", "-o", tmp_path / "out", "--clip-duration", 1]
    run += ["--model", "pretrained", "--network", path, "--folds", 3, "--seeds", 2]
    run += ["--arm", "db", "--arm", "db+pcen+exp"]
    first = specimg(*run)
    assert (first.returncode, first.stderr) == (0, "")
    network, _, rest = first.stdout.partition("\n")
    assert network.startswith(f"network of {path}: ")
    assert "ms per clip and arm on cpu" in network
    assert rest.startswith("pretrained, 2 seeds, 3 folds\n")
    table = (tmp_path / "out" / "compare.csv").read_bytes()
    again = specimg(*run)
    assert again.stdout == rest  # without looking at a picture
    assert (tmp_path / "out" / "compare.csv").read_bytes() == table
    path.unlink()
    gone = specimg(*run)
    assert (gone.returncode, gone.stdout) == (1, "")
    assert "no such file; need timm:NAME" in gone.stderr
