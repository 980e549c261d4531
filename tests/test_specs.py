import json
from pathlib import Path

import numpy as np
import pytest

from specimg.errors import ParameterError
from specimg.rendering.frontends import Decibel, Exponential, Frontend, Pcen, Raw
from specimg.rendering.frontends.smoother import time_constant_to_s
from specimg.rendering.frontends.spec import (
    check_bands,
    format_frontend,
    parse_frontend,
    tabulate_frontend,
)


@pytest.mark.parametrize(
    ("spec", "frontend"),
    [
        ("raw", Raw()),
        ("db", Decibel()),
        ("decibel:top_db=80", Decibel(top_db=80)),
        ("exp:a=1.2", Exponential(a=1.2)),
        ("exponential", Exponential()),
        ("pcen:init=librosa", Pcen(init="librosa")),
        ("pcen:preset=wang", Pcen()),
        (
            "pcen:gain=0.8,bias=10,power=0.25,time_constant=0.06,scale=2147483648",
            Pcen(gain=0.8, bias=10, power=0.25, time_constant=0.06, scale=2**31),
        ),
        (
            "pcen:preset=outdoor",
            Pcen(gain=0.8, bias=10, power=0.25, time_constant=0.06, scale=2**31),
        ),
        ("pcen:bias=3,preset=perch", Pcen(gain=0.5, bias=3, time_constant=0.095)),
        ("pcen:preset=perch,s=0.5", Pcen(gain=0.5, s=0.5)),
        ({"frontend": "exponential", "a": 1}, Exponential(a=1)),
        ({"frontend": "pcen", "preset": "perch"}, Pcen(gain=0.5, time_constant=0.095)),
    ],
)
def test_a_specification_makes_its_frontend(spec: str, frontend: Frontend) -> None:
    assert parse_frontend(spec) == frontend
    assert parse_frontend(format_frontend(frontend)) == frontend
    assert parse_frontend(tabulate_frontend(frontend)) == frontend


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("mfcc", "unknown frontend 'mfcc': need one of raw, db, exp, pcen"),
        ("", "unknown frontend ''"),
        ("pcen:alpha=1", "unknown parameter 'alpha' of pcen: it has gain, bias"),
        ("raw:x=1", "unknown parameter 'x' of raw: it has none"),
        ("pcen:gain=high", "gain='high': need a number"),
        ("pcen:gain", "'gain' in 'pcen:gain': need key=value"),
        ("pcen:preset=indoor", "unknown preset 'indoor' of pcen: .* wang, outdoor"),
        ("db:preset=x", "unknown preset 'x' of db: its presets are none"),
        ("db:floor=2", "db: floor=2: need > 0 and <= 1"),
        ("db:floor=0.1,top_db=3", "give top_db or floor, not both"),
        ("pcen:s=0.1,time_constant=0.4", "give s or time_constant, not both"),
        ("pcen:gain=1,gain=2", "gain is given twice in"),
        (5, "frontend=5: need text such as 'pcen:gain=0.8', or a table"),
        (["db"], "need text such as"),
        ({"frontend": "pcen", "preset": "indoor"}, "unknown preset 'indoor' of pcen"),
        ("pcen:@missing.json", "missing.json: cannot read learned parameters: No such"),
        ("pcen:@learned.yaml", "need a .json or a .npz file"),
    ],
)
def test_a_wrong_specification_names_what_is_known(spec: str, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        parse_frontend(spec)


def learned(folder: Path, name: str = "learned.json", **content: object) -> Path:
    path = folder / name
    path.write_text(json.dumps(content))
    return path


def test_learned_parameters_come_from_json_a_band(tmp_path: Path) -> None:
    gain = np.linspace(0.1, 0.9, 4).tolist()
    path = learned(
        tmp_path, frontend="pcen", n_mels=4, parameters={"gain": gain, "bias": 3}
    )
    frontend = parse_frontend(f"pcen:@{path},init=reflect")
    assert frontend == Pcen(gain=tuple(gain), bias=3.0, init="reflect")
    assert parse_frontend(tabulate_frontend(frontend)) == frontend
    assert format_frontend(frontend).startswith("pcen:gain=4@")


def test_learned_parameters_come_from_npz_under_other_names(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "leaf.npz",
        alpha=np.full((3, 1), 0.96, np.float32),
        delta=2.0,
        root=[1.0, 2.0, 4.0],
        smooth=0.04,
        log_eps=np.log(1e-9),
        frontend="pcen",
    )
    frontend = parse_frontend("pcen:@leaf.npz", tmp_path)
    assert isinstance(frontend, Pcen)
    assert frontend.gain == pytest.approx((0.96,) * 3)
    assert (frontend.bias, frontend.power, frontend.s) == (2.0, (1, 0.5, 0.25), 0.04)
    assert frontend.eps == pytest.approx(1e-9)


def test_learned_smoothing_moves_to_another_hop_through_its_time_constant(
    tmp_path: Path,
) -> None:
    path = learned(tmp_path, frame_rate=100.0, parameters={"s": [0.025, 0.1]})
    frontend = parse_frontend(f"pcen:@{path}")
    assert isinstance(frontend, Pcen)
    assert frontend.smoothing(100.0)[:, 0] == pytest.approx([0.025, 0.1])
    expected = time_constant_to_s(np.array([0.4]) * 50)
    assert frontend.smoothing(50.0)[0] == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"frontend": "exp", "parameters": {"a": 1}}, "parameters of exp, not of pcen"),
        ({"frontend": ["x"], "parameters": {"a": 1}}, r"parameters of \['x'\], not"),
        ({"parameters": {"gain": [1, 2], "bias": [1, 2, 3]}}, "has lengths"),
        ({"n_mels": 3, "parameters": {"gain": [1, 2]}}, "n_mels=3"),
        ({"parameters": {"gain": [[1, 2], [3, 4]]}}, r"shape \(2, 2\)"),
        ({"parameters": {"gain": "high"}}, "gain is not a number"),
        ({"parameters": {"gain": [1, -2]}}, "gain=-2 in band 1: need >= 0"),
        ({"parameters": {"gain": float("nan")}}, "gain=nan"),
        ({"parameters": {"x": 1}}, "unknown parameter 'x'"),
        ({"parameters": [1]}, "not a file of learned parameters"),
        ({"gain": 1}, "not a file of learned parameters"),
        ({"parameters": {}}, "holds no parameters"),
        ({"parameters": {"gain": 1, "alpha": 1}}, "one parameter under two names"),
        ({"frame_rate": "100", "parameters": {"s": 0.1}}, "frame_rate='100': need"),
        ({"frame_rate": 0, "parameters": {"s": 0.1}}, "frame_rate=0: need"),
    ],
)
def test_wrong_learned_parameters_are_named(
    tmp_path: Path, content: dict[str, object], message: str
) -> None:
    path = learned(tmp_path, **content)
    with pytest.raises(ParameterError, match=message):
        parse_frontend(f"pcen:@{path}")


@pytest.mark.parametrize("name", ["broken.json", "broken.npz"])
@pytest.mark.parametrize("content", [b"", b"\x00 not a table", b"[" * 100_000])
def test_a_file_that_is_no_table_of_parameters_is_refused(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ParameterError, match="not a file of learned parameters"):
        parse_frontend(f"exp:@{name}", tmp_path)


def test_one_value_a_band_must_be_one_for_each_band() -> None:
    with pytest.raises(ParameterError, match="exp: a has 3 values, .* n_mels=128"):
        check_bands(Exponential(a=(1.0, 2.0, 3.0)), 128)
