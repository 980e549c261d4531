import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sounds import chirps

from specimg.arrays import Spectrogram
from specimg.errors import ParameterError
from specimg.rendering.frontends import (
    FRONTENDS,
    Decibel,
    Exponential,
    Frontend,
    Pcen,
    Raw,
)
from specimg.rendering.frontends.smoother import (
    s_to_time_constant,
    smooth,
    smoother_start,
    time_constant_to_s,
)
from specimg.rendering.mel import MelSettings, mel_spectrogram
from specimg.rendering.normalize import min_max

FRAME_RATE = 22_050 / 128
INITS = ["loop", "reflect", "first", "mean", "zero", "librosa"]

mels = arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.integers(1, 60)),
    elements=st.floats(0, 1, width=32),
)


def call(frontend: Frontend, mel: Spectrogram, power: int = 1) -> Spectrogram:
    return frontend(mel, frame_rate=FRAME_RATE, power=power)


def real_mel(seed: int = 0) -> Spectrogram:
    return min_max(mel_spectrogram(chirps(seed=seed), MelSettings()))


@pytest.mark.parametrize("floor", [1e-6, 1e-3, 0.1])
def test_db_equals_its_closed_form(floor: float) -> None:
    mel = real_mel()
    closed = 1 + np.log10(np.maximum(mel, floor)) / -np.log10(floor)
    assert min_max(call(Decibel(floor=floor), mel)) == pytest.approx(closed, abs=1e-6)


@pytest.mark.parametrize(("power", "floor"), [(1, 1e-4), (2, 1e-8)])
def test_top_db_is_20_db_a_factor_of_10_on_magnitude_and_10_on_power(
    power: int, floor: float
) -> None:
    mel = real_mel()
    by_range = call(Decibel(top_db=80), mel, power)
    assert by_range == pytest.approx(call(Decibel(floor=floor), mel), rel=1e-5)


@pytest.mark.parametrize("frontend", [Raw(), Exponential(), Exponential(a=1.5)])
def test_a_second_normalization_changes_nothing(frontend: Frontend) -> None:
    once = call(frontend, real_mel())
    assert min_max(once) == pytest.approx(once, abs=1e-6)


@pytest.mark.parametrize("floor", [1e-6, 1e-3])
def test_a_second_normalization_changes_only_offset_and_unit_of_db(
    floor: float,
) -> None:
    mel = real_mel()
    once = call(Decibel(floor=floor), mel)
    # From ln(floor) to 0, whatever the clip.
    assert min_max(once) == pytest.approx(1 - once / np.log(floor), abs=1e-6)
    assert (once.min(), once.max()) == (pytest.approx(np.log(floor)), 0)


@pytest.mark.parametrize("a", [-2.0, 0.0, 1.5])
def test_exp_is_a_root_that_compresses_more_with_a_larger_a(a: float) -> None:
    mel = real_mel()
    exponent = 1 / (1 + np.exp(a))
    assert call(Exponential(a=a), mel) == pytest.approx(mel**exponent, abs=1e-6)
    assert call(Exponential(a=a + 1), mel).mean() > call(Exponential(a=a), mel).mean()


@pytest.mark.parametrize("a", [-1e4, -800, 800, 1e4])
def test_exp_is_finite_and_black_stays_black_for_any_a(a: float) -> None:
    result = call(Exponential(a=a), np.array([[0, 0.5, 1]], np.float32))
    assert np.isfinite(result).all()
    assert result[0, 0] == 0


PARAMETERS = [
    {},
    {"gain": 0.8, "bias": 10.0, "power": 0.25, "time_constant": 0.06},
    {"bias": 0.0},
    {"power": 0.0, "bias": 1.0},
    {"gain": 0.0},
    {"s": 0.3, "eps": 1e-9},
]


@pytest.mark.parametrize("parameters", PARAMETERS)
def test_pcen_from_librosas_start_equals_librosa(parameters: dict[str, float]) -> None:
    mel = real_mel()
    pcen = Pcen(**parameters)
    s = pcen.smoothing(FRAME_RATE)
    ours = pcen.compress(mel, smooth(mel, s, np.ones((1, 1))))
    with np.errstate(divide="ignore"):  # librosa takes the logarithm of 0
        theirs = librosa.pcen(
            mel.astype(np.float64),
            b=float(s[0, 0]),
            gain=pcen.gain,
            bias=pcen.bias,
            power=pcen.power,
            eps=pcen.eps,
        )
    # Values reach 4.6, of which float32 knows 4e-7.
    assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("time_constant", [0.06, 0.4, 1.5])
def test_pcen_with_init_librosa_calls_it_with_the_same_parameters(
    time_constant: float,
) -> None:
    mel = real_mel()
    ours = call(Pcen(init="librosa", time_constant=time_constant), mel)
    theirs = librosa.pcen(mel, sr=22_050, hop_length=128, time_constant=time_constant)
    assert ours == pytest.approx(theirs, abs=1e-6)


@pytest.mark.parametrize("init", ["loop", "reflect"])
@pytest.mark.parametrize("s", [0.005, 0.05, 0.4])
def test_k_explicit_loops_converge_to_the_closed_form(init: str, s: float) -> None:
    mel = real_mel()[:, :90].astype(np.float64)
    period = mel if init == "loop" else np.concatenate([mel, mel[:, ::-1]], axis=1)
    # After the reflection comes the clip itself again, so the loop ends with it.
    start = smoother_start(mel, np.array([[s]]), init)
    state = np.zeros((len(mel), 1))
    n_frames = period.shape[1]
    for loops in range(1, 7):
        for frame in period.T:
            state = (1 - s) * state + s * frame[:, np.newaxis]
        bound = (1 - s) ** (loops * n_frames)
        assert (np.abs(state - start) <= bound * start + 1e-12).all()


def test_loop_commutes_with_a_circular_shift() -> None:
    mel = real_mel()
    shifted = call(Pcen(), np.roll(mel, 100, axis=1))
    assert shifted == pytest.approx(np.roll(call(Pcen(), mel), 100, axis=1), abs=1e-5)


@pytest.mark.parametrize("init", ["loop", "reflect", "first", "mean"])
def test_pcen_of_a_steady_sound_is_flat_from_the_first_frame(init: str) -> None:
    steady = np.outer([0.3, 0.001, 1.0], np.ones(400)).astype(np.float32)
    result = call(Pcen(init=init), steady)
    assert np.ptp(result, axis=1) == pytest.approx(0, abs=1e-5)


def test_librosas_start_leaves_a_steady_sound_dark_at_first() -> None:
    steady = np.full((1, 400), 0.01, np.float32)
    result = call(Pcen(init="librosa"), steady)
    assert result[0, 0] < 0.1 * call(Pcen(), steady)[0, 0]


@pytest.mark.parametrize("init", ["loop", "reflect", "first", "mean", "zero"])
def test_scale_is_only_another_bias_and_eps(init: str) -> None:
    mel, k, gain, bias, power, eps = real_mel(), 2.0**31, 0.8, 10.0, 0.25, 1e-6
    scaled = call(
        Pcen(gain=gain, bias=bias, power=power, eps=eps, scale=k, init=init), mel
    )
    same = Pcen(
        gain=gain, bias=bias * k ** (gain - 1), power=power, eps=eps / k, init=init
    )
    factor = k ** ((1 - gain) * power)
    assert scaled == pytest.approx(factor * call(same, mel), rel=1e-4, abs=1e-5)


def bands_of(value: float) -> tuple[float, ...]:
    return (value,) * 128


@pytest.mark.parametrize("init", INITS)
def test_a_number_equals_a_vector_of_that_number(init: str) -> None:
    mel = real_mel()
    numbers = {"gain": 0.9, "bias": 1.5, "power": 0.4, "eps": 1e-5, "s": 0.02}
    vectors = {name: bands_of(value) for name, value in numbers.items()}
    assert np.array_equal(
        call(Pcen(**numbers, init=init), mel), call(Pcen(**vectors, init=init), mel)
    )
    for one, many in [
        (Decibel(floor=1e-4), Decibel(floor=bands_of(1e-4))),
        (Decibel(top_db=60), Decibel(top_db=bands_of(60))),
        (Exponential(a=0.7), Exponential(a=bands_of(0.7))),
    ]:
        assert np.array_equal(call(one, mel), call(many, mel))


@pytest.mark.parametrize("init", INITS)
def test_each_band_has_its_own_parameters(init: str) -> None:
    mel = real_mel()[:2]
    both = call(Pcen(gain=(0.5, 0.9), time_constant=(0.1, 0.8), init=init), mel)
    low = call(Pcen(gain=0.5, time_constant=0.1, init=init), mel)
    high = call(Pcen(gain=0.9, time_constant=0.8, init=init), mel)
    assert both == pytest.approx(np.stack([low[0], high[1]]), abs=1e-6)


@pytest.mark.parametrize("s", [1e-4, 0.0143, 0.5, 1.0])
def test_smoother_equals_its_recursion(s: float) -> None:
    mel = real_mel()
    state = np.full((128, 1), 0.2)
    expected = np.empty(mel.shape)
    for t, frame in enumerate(mel.T):
        state = (1 - s) * state + s * frame[:, np.newaxis]
        expected[:, t] = state[:, 0]
    result = smooth(mel, np.array([[s]]), np.full((128, 1), 0.2))
    assert result == pytest.approx(expected, rel=2e-6, abs=1e-9)


@given(frames=st.floats(0, 1e6))
def test_time_constant_and_s_are_inverse(frames: float) -> None:
    s = time_constant_to_s(np.array(frames))
    assert 0 < s <= 1
    assert s_to_time_constant(s) == pytest.approx(frames, rel=1e-6, abs=1e-6)


def frontend_cases() -> list[Frontend]:
    return [Raw(), Decibel(), Exponential(), *(Pcen(init=i) for i in INITS[:5])]


@pytest.mark.parametrize("frontend", frontend_cases(), ids=repr)
@given(mel=mels)
def test_result_is_finite_and_keeps_shape_and_dtype(
    frontend: Frontend, mel: Spectrogram
) -> None:
    result = call(frontend, mel)
    assert result.shape == mel.shape
    assert result.dtype == np.float32
    assert np.isfinite(result).all()


@pytest.mark.parametrize("frontend", frontend_cases(), ids=repr)
def test_silence_gives_zeros(frontend: Frontend) -> None:
    silence = np.zeros((4, 20), np.float32)
    assert not min_max(call(frontend, silence)).any()


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("pcen", {"gain": -1.0}, "gain=-1: need >= 0"),
        ("pcen", {"eps": 0.0}, "eps=0: need > 0"),
        ("pcen", {"s": 1.5}, "s=1.5: need > 0 and <= 1"),
        ("pcen", {"power": float("nan")}, "power=nan: need >= 0"),
        ("pcen", {"bias": (1.0, -2.0)}, r"bias=-2 in band 1: need >= 0"),
        ("pcen", {"init": "last"}, "init=last: need one of loop, reflect"),
        ("pcen", {"scale": (1.0, 2.0)}, "scale is one number"),
        ("db", {"floor": 0.0}, "floor=0: need > 0 and <= 1"),
        ("db", {"top_db": -3.0}, "top_db=-3: need > 0"),
        ("pcen", {"s": 0.1, "time_constant": 0.5}, "give s or time_constant, not both"),
        ("pcen", {"time_constant": 1e9}, "time_constant=1e.09: need >= 0 and <= 1e.06"),
        ("db", {"floor": 0.1, "top_db": 3.0}, "give top_db or floor, not both"),
        ("exp", {"a": 10**400}, "need a number"),
        ("exp", {"a": True}, "a=True: need a number"),
        ("exp", {"a": 1 + 2j}, "need a number"),
        ("exp", {"a": float("inf")}, "a=inf: need any finite number"),
    ],
)
def test_a_parameter_out_of_range_is_named(
    name: str, parameters: dict[str, float], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        FRONTENDS[name](**parameters)


@pytest.mark.parametrize("n_frames", [1, 2, 513, 9000])
def test_the_smoother_is_the_recursion_for_every_coefficient(n_frames: int) -> None:
    s = np.array([[1.0], [1 - 1e-12], [0.999], [0.5], [0.02], [1e-7], [1e-12]])
    rng = np.random.default_rng(0)
    mel = rng.random((len(s), n_frames), np.float32) ** 4
    start = rng.random((len(s), 1))
    state, expected = start, []
    for t in range(n_frames):
        state = (1 - s) * state + s * mel[:, t : t + 1]
        expected.append(state)
    np.testing.assert_allclose(
        smooth(mel, s, start), np.concatenate(expected, axis=1), rtol=1e-6, atol=1e-17
    )
