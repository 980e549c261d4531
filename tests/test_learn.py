import json
from pathlib import Path

import numpy as np
import pytest
from labeled import clear_call, write_folder
from sounds import chirps, read_png, specimg, write

from specimg.arrays import Spectrogram
from specimg.errors import ParameterError
from specimg.rendering.frontends import Decibel as DecibelFrontend
from specimg.rendering.frontends import Exponential as ExponentialFrontend
from specimg.rendering.frontends import Pcen
from specimg.rendering.frontends.spec import parse_frontend
from specimg.rendering.normalize import min_max as numpy_min_max
from specimg.rendering.pipeline import mel_of_clip
from specimg.settings import Settings

torch = pytest.importorskip("torch", reason="torch is not installed")

from specimg.learn import PCEN, Decibel, Exponential, min_max  # noqa: E402

FRAME_RATE = 22_050 / 128
N_MELS = 12
INITS = ["loop", "reflect", "first", "mean", "zero", "librosa"]
BANDS = np.random.default_rng(1)
PARAMETERS = {
    "defaults": {},
    "outdoor": {"gain": 0.8, "bias": 10.0, "power": 0.25, "time_constant": 0.06},
    "no gain": {"gain": 0.0},
    "no bias": {"bias": 0.0},
    "no power": {"power": 0.0},
    "no past": {"time_constant": 0.0},
    "hardly any news": {"s": 1e-6},
    "coefficient": {"s": 0.3, "eps": 1e-9},
    "bands": {
        "gain": tuple(BANDS.uniform(0, 1.2, N_MELS)),
        "bias": tuple(BANDS.uniform(0, 5, N_MELS)),
        "power": tuple(BANDS.uniform(0, 1, N_MELS)),
        "eps": tuple(10 ** BANDS.uniform(-9, -1, N_MELS)),
        "time_constant": tuple(10 ** BANDS.uniform(-3, 1, N_MELS)),
    },
}


def spectrograms(count: int = 3, n_frames: int = 300) -> Spectrogram:
    rng = np.random.default_rng(0)
    return rng.random((count, N_MELS, n_frames), np.float32) ** 6


def assert_equal_to_numpy(ours: np.ndarray, expected: np.ndarray) -> None:
    scale = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(ours / scale, expected / scale, atol=1e-5, rtol=0)


@pytest.mark.parametrize("n_mels", [None, N_MELS])
@pytest.mark.parametrize("init", INITS)
@pytest.mark.parametrize("parameters", PARAMETERS.values(), ids=PARAMETERS.keys())
def test_pcen_is_that_of_numpy(
    parameters: dict[str, float], init: str, n_mels: int | None
) -> None:
    mels = spectrograms()
    frontend = Pcen(init=init, **parameters)
    expected = [frontend(mel, frame_rate=FRAME_RATE, power=1) for mel in mels]
    module = PCEN(n_mels, frame_rate=FRAME_RATE, init=init, **parameters)
    ours = module(torch.from_numpy(mels)).detach().numpy()
    assert_equal_to_numpy(ours, np.stack(expected))


@pytest.mark.parametrize("a", [-50.0, -1.0, 0.0, 3.0, 90.0, tuple(range(N_MELS))])
def test_the_exponential_is_that_of_numpy(a: float | tuple[float, ...]) -> None:
    mels = spectrograms()
    mels[0, 0, :9] = 0
    expected = ExponentialFrontend(a=a)(mels, frame_rate=FRAME_RATE, power=1)
    ours = Exponential(N_MELS, a=a)(torch.from_numpy(mels)).detach().numpy()
    assert_equal_to_numpy(ours, expected)


def test_decibel_and_normalization_are_those_of_numpy() -> None:
    mels = spectrograms()
    mels[1] = 0.25  # where all is the same
    expected = DecibelFrontend()(mels, frame_rate=FRAME_RATE, power=1)
    ours = Decibel()(torch.from_numpy(mels))
    assert_equal_to_numpy(ours.numpy(), expected)
    normalized = np.stack([numpy_min_max(mel) for mel in expected])
    assert_equal_to_numpy(min_max(ours).numpy(), normalized)


@pytest.mark.parametrize("init", INITS)
def test_a_clip_that_was_filled_up_is_as_it_is_alone(init: str) -> None:
    mels, lengths = spectrograms(), [300, 170, 9]
    for mel, length in zip(mels, lengths, strict=True):
        mel[:, length:] = 0
    module = PCEN(N_MELS, frame_rate=FRAME_RATE, init=init)
    counts = torch.tensor(lengths)
    batch = min_max(module(torch.from_numpy(mels), counts), counts).detach().numpy()
    for mel, length, found in zip(mels, lengths, batch, strict=True):
        alone = module(torch.from_numpy(mel[None, :, :length]))
        expected = min_max(alone)[0].detach().numpy()
        np.testing.assert_allclose(found[:, :length], expected, atol=1e-6)
        assert not found[:, length:].any()


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([9, 9], r"n_frames of shape \(2,\): need \(3,\)"),
        ([9, 9, 9, 9], r"n_frames of shape \(4,\): need \(3,\)"),
        ([9, 0, 9], "n_frames=0: need 1 to 300"),
        ([9, 301, 9], "n_frames=301: need 1 to 300"),
    ],
)
def test_counts_of_other_batches_are_refused(counts: list[int], message: str) -> None:
    mel, n_frames = torch.from_numpy(spectrograms()), torch.tensor(counts)
    for function in (min_max, PCEN(frame_rate=FRAME_RATE)):
        with pytest.raises(ParameterError, match=message):
            function(mel, n_frames)


def test_one_count_is_that_of_all() -> None:
    mel, module = torch.from_numpy(spectrograms()), PCEN(frame_rate=FRAME_RATE)
    one, each = module(mel, torch.tensor([200])), module(mel, torch.tensor([200] * 3))
    torch.testing.assert_close(one, each)


@pytest.mark.parametrize(
    ("kind", "tolerance"), [("float16", 3e-3), ("bfloat16", 2e-2), ("float32", 1e-5)]
)
def test_a_module_of_another_type_still_smooths(kind: str, tolerance: float) -> None:
    # Clips so long that float32 ends at what the smoother multiplies by.
    mel = torch.from_numpy(spectrograms(n_frames=8000))
    expected = PCEN(frame_rate=FRAME_RATE, time_constant=0.05)(mel)
    module = PCEN(frame_rate=FRAME_RATE, time_constant=0.05).float()
    found = module(mel.to(getattr(torch, kind))).float()
    assert (found - expected).abs().max() < tolerance * expected.abs().max()


@pytest.mark.parametrize(
    "parameters",
    [
        {"gain": 2.6, "eps": 1e-12, "bias": 1e-8},
        {"gain": 1.46, "bias": 5.8e-7, "power": 1.15, "eps": 5.56e-20},
        {"gain": 0.1, "bias": 1.0, "power": 2.0, "eps": 1e-24, "scale": 2.0**31},
        {"gain": 0.0, "power": 0.005, "eps": 1e-26},
    ],
)
def test_extreme_parameters_are_as_in_numpy(parameters: dict[str, float]) -> None:
    mels = spectrograms()
    mels[0], mels[1] = 0, 1e-40
    frontend = Pcen(**parameters)
    expected = [frontend(mel, frame_rate=FRAME_RATE, power=1) for mel in mels]
    mel = torch.from_numpy(mels).requires_grad_()
    module = PCEN(frame_rate=FRAME_RATE, **parameters)
    ours = module(mel)
    assert_equal_to_numpy(ours.detach().numpy(), np.stack(expected))
    ours.sum().backward()
    for value in (mel, *module.parameters()):
        assert value.grad.isfinite().all()


def test_many_dimensions_are_a_batch() -> None:
    mels = torch.from_numpy(spectrograms(6))
    module = PCEN(N_MELS, frame_rate=FRAME_RATE)
    shaped = module(mels.view(2, 3, N_MELS, -1))
    torch.testing.assert_close(shaped.view_as(mels), module(mels))


def check_gradient(module: "torch.nn.Module", n_mels: int) -> None:
    holders = [part for part in module.modules() if hasattr(part, "raw")]
    start = [holder.raw.detach().clone().requires_grad_() for holder in holders]
    for holder in holders:
        del holder.raw
    counts = torch.tensor([9, 9, 6])

    def function(mel: "torch.Tensor", *values: "torch.Tensor") -> "torch.Tensor":
        for holder, value in zip(holders, values, strict=True):
            holder.raw = value
        return min_max(module(mel, counts), counts)

    generator = torch.Generator().manual_seed(0)
    mel = torch.rand(3, n_mels, 9, dtype=torch.float64, generator=generator)
    assert torch.autograd.gradcheck(function, (mel.requires_grad_(), *start))


@pytest.mark.parametrize("n_mels", [None, 4])
@pytest.mark.parametrize("init", INITS)
def test_the_gradients_of_pcen_are_right(init: str, n_mels: int | None) -> None:
    check_gradient(PCEN(n_mels, frame_rate=FRAME_RATE, init=init, s=0.2, eps=1e-2), 4)


def test_the_gradients_are_right_where_the_sum_starts_anew() -> None:
    # A coefficient of nearly 1: blocks of a few frames.
    check_gradient(PCEN(frame_rate=FRAME_RATE, s=1 - 1e-15, eps=1e-2), 4)


@pytest.mark.parametrize("parameters", PARAMETERS.values(), ids=PARAMETERS.keys())
def test_float32_has_the_gradients_of_float64(parameters: dict[str, float]) -> None:
    counts = torch.tensor([300] * 5 + [170, 9])
    found = []
    for kind in (torch.float32, torch.float64):
        module = PCEN(N_MELS, frame_rate=FRAME_RATE, **parameters)
        mel = torch.from_numpy(spectrograms(len(counts))).to(kind).requires_grad_()
        weights = torch.linspace(-1, 1, mel.numel(), dtype=kind).view_as(mel)
        (module(mel, counts) * weights).sum().backward()
        found.append([mel.grad, *(value.grad for value in module.parameters())])
    # What s means for so long a memory is a small difference of large sums.
    tolerance = 1e-3 if parameters.get("s", 1) < 1e-3 else 2e-5
    for single, double in zip(*found, strict=True):
        off = (single.double() - double.double()).abs().max()
        assert off <= tolerance * double.abs().max()


@pytest.mark.parametrize("n_mels", [None, 4])
def test_the_gradients_of_the_exponential_are_right(n_mels: int | None) -> None:
    check_gradient(Exponential(n_mels), 4)


@pytest.mark.parametrize("init", INITS)
@pytest.mark.parametrize("name", ["bias", "power"])
def test_gradients_are_finite_at_the_limits_also_of_silence(
    name: str, init: str
) -> None:
    limits = tuple(float(band % 2) for band in range(N_MELS))
    module = PCEN(N_MELS, frame_rate=FRAME_RATE, init=init, **{name: limits})
    mel = torch.from_numpy(spectrograms())
    mel[:, :, :20] = 0
    min_max(module(mel)).square().mean().backward()
    for parameter in module.parameters():
        assert parameter.grad.isfinite().all()


@pytest.mark.parametrize("name", ["gain", "bias", "power", "eps"])
def test_what_is_smaller_than_float32_knows_is_as_in_numpy(name: str) -> None:
    mels = spectrograms()
    frontend = Pcen(**{name: 1e-50})
    expected = [frontend(mel, frame_rate=FRAME_RATE, power=1) for mel in mels]
    module = PCEN(frame_rate=FRAME_RATE, **{name: 1e-50})
    ours = module(torch.from_numpy(mels)).detach().numpy()
    assert_equal_to_numpy(ours, np.stack(expected))


@pytest.mark.parametrize("raw", [-800.0, 800.0])
def test_whatever_is_learned_can_be_written_and_read(raw: float) -> None:
    module = PCEN(N_MELS, frame_rate=FRAME_RATE)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.fill_(raw)
    assert module.frontend()  # whose ranges are checked


@pytest.mark.parametrize(
    "arguments", [{"frame_rate": 0.0}, {"frame_rate": np.nan}, {"n_mels": 0}]
)
def test_a_module_of_nothing_is_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match="need"):
        PCEN(**{"n_mels": N_MELS, "frame_rate": FRAME_RATE} | arguments)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"loudness": 1.0}, "unknown parameter loudness"),
        ({"gain": -1.0}, "gain=-1: need >= 0"),
        ({"gain": (1.0, 2.0)}, "2 values, one per band, but n_mels=12"),
        ({"s": 0.1, "time_constant": 1.0}, "not both"),
        ({"init": "loud"}, "need one of"),
    ],
)
def test_a_wrong_parameter_is_named(
    parameters: dict[str, object], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        PCEN(N_MELS, frame_rate=FRAME_RATE, **parameters)


def test_parameters_stay_in_their_range_however_far_they_are_pushed() -> None:
    module = PCEN(N_MELS, frame_rate=FRAME_RATE)
    optimizer = torch.optim.SGD(module.parameters(), lr=30.0)
    mel = torch.from_numpy(spectrograms(1))
    for _ in range(3):
        optimizer.zero_grad()
        module(mel).mean().backward()
        optimizer.step()
    frontend = module.frontend()  # whose ranges are checked
    assert np.isfinite(frontend(mel[0].numpy(), frame_rate=FRAME_RATE, power=1)).all()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("learn")
    write_folder(folder / "train", clear_call, count=5)
    write(folder / "clips" / "chirps.wav", chirps(1.0), subtype="FLOAT")
    write(folder / "clips" / "short.wav", chirps(0.6), subtype="FLOAT")
    return folder


@pytest.mark.parametrize("per_band", [True, False])
@pytest.mark.parametrize("name", ["exp", "pcen"])
def test_what_is_learned_is_what_convert_draws(
    name: str, per_band: bool, folder: Path
) -> None:
    path = folder / f"{name}-{per_band}.json"
    learned = specimg(
        "learn",
        *(folder / "train", "--frontend", name, "-o", path, "--epochs", 2),
        *("--clip-duration", 1, *(["--per-band"] if per_band else [])),
    )
    assert (learned.returncode, learned.stderr) == (0, "")
    assert "macro average precision of 2 clips left out" in learned.stdout
    table = json.loads(path.read_text())
    assert (table["frontend"], table["n_mels"]) == (name, 128)
    for key, value in table["parameters"].items():
        assert key in learned.stdout
        assert len(value) == 128 if per_band else isinstance(value, float)
    spec = f"{name}:@{path}"
    start = parse_frontend(name)
    assert parse_frontend(spec) != start  # something was learned
    out = folder / f"out-{name}-{per_band}"
    options = ("--frontend", spec, "--clip-duration", 1)
    assert specimg("convert", folder / "clips", out, *options).returncode == 0

    settings = Settings.from_options({"frontend": spec, "clip_duration": 1})
    values = {
        key: value if np.isscalar(value) else tuple(value)
        for key, value in table["parameters"].items()
    }
    exponential = Exponential(**values) if name == "exp" else None
    module = exponential or PCEN(frame_rate=FRAME_RATE, **values)
    for clip, samples in (("chirps", chirps(1.0)), ("short", chirps(0.6))):
        mel = mel_of_clip(samples, 22_050, settings)
        ours = min_max(module(torch.from_numpy(mel.normalized)[None]))[0]
        pixels = read_png(out / f"{clip}.wav_00000.000s.png")[::-1]
        drawn = pixels[:, : ours.shape[1]].astype(float) / 255
        np.testing.assert_allclose(ours.detach().numpy(), drawn, atol=0.51 / 255)


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--frontend", "db"], 2, "need one of exp, pcen"),
        (["--frontend", "exp", "-o", "learned.txt"], 2, "ends in .json"),
        (["--frontend", "exp", "-o", "/dev/null/x.json"], 1, "cannot write"),
        (["--frontend", "exp", "--epochs", "0"], 2, "greater than or equal to 1"),
        (["--frontend", "exp", "--final-clip", "remainder"], 1, "final_clip="),
        (["--frontend", "exp", "--n-mels", "9000"], 2, "need 1 to 4096 bands"),
        (["--frontend", "exp", "--device", "tpu"], 2, "need one of auto, cpu, cuda"),
        pytest.param(
            ["--frontend", "exp", "--device", "cuda"],
            1,
            "Error: --device cuda: torch finds none here; there is cpu",
            marks=pytest.mark.skipif(torch.cuda.is_available(), reason="it is there"),
        ),
    ],
)
def test_a_wrong_option_is_an_error_before_anything_is_learned(
    arguments: list[str], status: int, message: str, folder: Path, tmp_path: Path
) -> None:
    write(folder / "train" / "a" / "0.wav", chirps(0.7))
    out = tmp_path / "learned.json"
    result = specimg("learn", folder / "train", "-o", out, *arguments, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (status, "")
    assert message in " ".join(result.stderr.replace("│", " ").split())
    assert not list(tmp_path.iterdir())
