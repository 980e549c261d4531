"""How often ``specimg compare`` is right where the answer is known.

Three sets of recordings that are made up: a call that only PCEN shows, one that only
color shows, and none at all.  Each seed makes them anew, and compares in folds:

    python tests/benchmarks/known_answers.py --model ridge --seeds 100

At least 95 of 100 verdicts a set should be right.  The model cnn takes hours.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from labeled import (  # the recordings of the tests
    SAMPLE_RATE,
    Sound,
    call_under_noise,
    only_noise,
    sweep,
    write_folder,
)

from specimg.arrays import Waveform
from specimg.dataset.labeled import find_dataset
from specimg.evaluate.experiment import Experiment
from specimg.evaluate.models import MODELS
from specimg.evaluate.scoring import Options
from specimg.evaluate.summary import summarize
from specimg.resources import count_processors
from specimg.settings import Settings
from specimg.settings.variants import parse_variant

FIRST = "db"
"""The others are compared with it, and where that is not enough, with another."""

STEADY = "pcen:gain=1"
"""Of what is steady, it shows nothing at all."""

COLOR = f"db+{STEADY}+exp"


def _tilted_call(
    label: str,
    generator: np.random.Generator,
    *,
    low: float,
    centers: tuple[float, float],
    softer: float,
) -> Waveform:
    """Make a call far under steady noise of two bands, of which one is louder.

    Which band is louder parts classes a and b from c and d: PCEN takes away what is
    steady.  Whether the call rises or falls parts a and c from b and d: only PCEN
    shows it.  All four are told apart by who sees both.
    """
    hertz = np.fft.rfftfreq(SAMPLE_RATE, 1 / SAMPLE_RATE)
    # Without edges, which the window would smear over all other bands.
    whole = np.exp(-((np.minimum(hertz - low, 0) / 300) ** 2))
    begin, middle = (1 / (1 + np.exp((hertz - x) / -100)) for x in centers)
    is_softer = middle if label in "ab" else begin * (1 - middle)
    white = np.fft.rfft(generator.standard_normal(SAMPLE_RATE))
    spectrum = white * whole * softer**is_softer
    call = sweep("a" if label in "ac" else "b", generator)
    return (0.1 * np.fft.irfft(spectrum) + 5e-8 * call).astype(np.float32)


tilted_call = partial(_tilted_call, low=6500, centers=(7800, 9300), softer=0.7)
"""So hard that a ridge which does not see color fails."""

clear_tilted_call = partial(
    _tilted_call, low=8500, centers=(9062.5, 10462.5), softer=0.4
)
"""A network that knows photographs does not see the difference in the other."""


@dataclass(frozen=True)
class Question:
    """A set of recordings, and what comparisons have to say of it."""

    sound: Sound
    expected: Mapping[tuple[str, str], str]
    """The verdict that is right, of an arm beside another."""
    labels: str
    count: int
    """Recordings a class."""
    network_sound: Sound | None = None
    """For models that are networks, where they need another."""
    network_count: int | None = None

    def of(self, model: str) -> "Question":
        """Return the question as it is for a model."""
        if model == "ridge":
            return self
        return replace(
            self,
            sound=self.network_sound or self.sound,
            count=self.network_count or self.count,
        )


QUESTIONS = {
    "only PCEN shows it": Question(
        call_under_noise,
        {
            (FIRST, "raw"): "undecided",
            (FIRST, "exp"): "undecided",
            (FIRST, "pcen"): "better",
        },
        labels="ab",
        count=40,
        network_count=50,
    ),
    "only color shows it": Question(
        tilted_call,
        {(FIRST, COLOR): "better", (STEADY, COLOR): "better"},
        labels="abcd",
        count=25,
        network_sound=clear_tilted_call,
        network_count=80,
    ),
    "nothing to hear": Question(
        only_noise,
        {(FIRST, arm): "undecided" for arm in ("raw", "exp", "pcen", "db+pcen+exp")},
        labels="ab",
        count=25,
    ),
}


def answer(
    question: Question, seed: int, folder: Path, options: Options
) -> tuple[bool, str]:
    """Say whether all verdicts are right, and what every arm scored."""
    kind = {"labels": question.labels, "count": question.count}
    train = write_folder(folder / "train", question.sound, **kind, seed=2 * seed)
    tests = {}
    if not options.folds:
        other = write_folder(folder / "test", question.sound, **kind, seed=2 * seed + 1)
        tests["test"] = find_dataset(other)
    specs = list(dict.fromkeys(arm for pair in question.expected for arm in pair))
    experiment = Experiment(
        find_dataset(train),
        tests,
        [parse_variant(spec) for spec in specs],
        Settings.from_options({"clip_duration": 1}),
        options,
        folder / "out",
    )
    found = list(experiment.run())
    verdicts: dict[tuple[str, str], str] = {}
    for first in dict.fromkeys(first for first, _ in question.expected):
        order = [first, *(spec for spec in specs if spec != first)]
        summary = summarize(experiment.known_clips, found, order, options.group)
        verdicts |= {(first, row.arm): row.verdict for row in summary.rows}
    wrong = [
        f"{arm} beside {first}: {verdicts[first, arm]}"
        for (first, arm), verdict in question.expected.items()
        if verdicts[first, arm] != verdict
    ]
    scores = [f"{row.arm} {row.macro_ap:.3f}" for row in summary.rows]
    return not wrong, ", ".join([*scores, *wrong])


def main() -> None:
    """Ask every question with every seed, and print how often the answer was right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", choices=MODELS, default="ridge")
    parser.add_argument("--network", default="timm:tf_efficientnet_lite0")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--seeds", type=int, default=100, help="sets of recordings")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    arguments = parser.parse_args()
    usual = MODELS[arguments.model]
    options = Options(
        model=arguments.model,
        seeds=usual.seeds,
        folds=usual.folds,
        group="source",
        network=arguments.network,
        device=arguments.device,
        jobs=count_processors(),
        cache=10**10,
    )
    for name, question in QUESTIONS.items():
        begin, right = time.perf_counter(), 0
        for seed in range(arguments.first, arguments.first + arguments.seeds):
            with tempfile.TemporaryDirectory() as folder:
                asked = question.of(arguments.model)
                is_right, line = answer(asked, seed, Path(folder), options)
            right += is_right
            print(  # noqa: T201
                f"  {seed}: {'right' if is_right else 'WRONG'}: {line}", flush=True
            )
        print(  # noqa: T201
            f"{arguments.model}: {name}: right in {right} of {arguments.seeds}, "
            f"{time.perf_counter() - begin:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
