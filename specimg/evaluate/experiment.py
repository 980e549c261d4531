"""Each arm is rendered, learned from and asked about, with each seed."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from specimg import __version__
from specimg.dataset.labeled import Dataset
from specimg.dataset.rendered import RenderedDataset, TooLargeError, render_dataset
from specimg.dataset.trial import plan_trial
from specimg.dataset.twins import find_twins
from specimg.evaluate.clips import ArmScores, Clips
from specimg.evaluate.models import Lesson
from specimg.evaluate.results import RecordingTable, Results
from specimg.evaluate.scoring import (
    OnProgress,
    Options,
    identify_network,
    prepare,
    score_all,
)
from specimg.rendering.frontends.spec import format_frontend
from specimg.settings import Settings
from specimg.settings.variants import Variant

if TYPE_CHECKING:
    from specimg.evaluate.network import Network


class Experiment:
    """A comparison of arms, which goes on where an earlier one ended.

    Parameters
    ----------
    train : Dataset
    tests : mapping of str to Dataset
    arms : sequence of Variant
    settings : Settings
    options : Options
    out : Path
        Where scores are kept, and pictures as long as they are needed.
    on_progress : callable
    on_network : callable
        Takes where the weights of a network come from, and what it costs, before
        anything is rendered.

    Raises
    ------
    DatasetError, ParameterError
        As from `plan_trial`: before anything is rendered.
    """

    def __init__(
        self,
        train: Dataset,
        tests: Mapping[str, Dataset],
        arms: Sequence[Variant],
        settings: Settings,
        options: Options,
        out: Path,
        on_progress: OnProgress = lambda _what, _done, _total: None,
        on_network: Callable[[str], object] = lambda _text: None,
    ) -> None:
        self._plan = partial(
            plan_trial, train, tests, group=options.group, n_folds=options.folds
        )
        self.trial = self._plan()
        self.clips: Clips | None = None
        """Known when the first scores are."""
        self._arms = arms
        image = replace(settings.image, format="png", bit_depth=8)
        self._settings = replace(settings, image=image)
        self._options = options
        self._on_progress = on_progress
        self._on_network = on_network
        self._model = [options.model]
        if options.model == "pretrained":
            self._model.append(identify_network(options.network))
        self._results = Results(out, self._describe())

    @property
    def known_clips(self) -> Clips:
        """The clips, which are known when the first scores are."""
        if self.clips is None:
            msg = "the clips are known only when the first scores are"
            raise RuntimeError(msg)
        return self.clips

    def _describe(self) -> dict[str, object]:
        """Return what all results depend on, but for the arm and the seed."""
        settings = {
            name: value
            for name, value in self._settings.to_options().items()
            if name not in ("frontend", "r", "g", "b", "manifest")
        }
        status = [recording.path.stat() for recording in self.trial.recordings]
        return {
            "specimg": __version__,
            "settings": settings,
            "recordings": [
                (
                    recording.name,
                    recording.describe(self.trial.classes),
                    one.st_size,
                    one.st_mtime_ns,
                )
                for recording, one in zip(self.trial.recordings, status, strict=True)
            ],
            "tests": {name: len(test) for name, test in self.trial.tests.items()},
        }

    def run(self) -> Iterator[ArmScores]:
        """Yield what the models of each arm and seed said, as it comes.

        Raises
        ------
        SpecimgError
            See `prepare`, `render_dataset`, `plan_trial` and `run_tasks`.
        """
        with self._results.alone():
            if table := self._results.load_recordings():
                self._know(table)
            missing = []
            for arm in self._arms:
                kept = list(self._kept(arm)) if self.clips else []
                yield from kept
                seeds = {one.seed for one in kept}
                if len(seeds) < self._options.seeds:
                    missing.append((arm, seeds))
            if missing:
                network = prepare(self._options)
                if network is not None:
                    self._on_network(network.describe())
                yield from self._run_missing(missing, network)

    def _know(self, table: RecordingTable) -> None:
        self.trial = self._plan(twins=table.twins)
        self.clips = Clips.of(self.trial, table.counts)

    def _key(self, arm: Variant, seed: int) -> object:
        frontends = "+".join(map(format_frontend, arm.frontends))
        groups = self.trial.groups.tolist()
        return [frontends, self._model, seed, self._options.folds, groups]

    def _kept(self, arm: Variant) -> Iterator[ArmScores]:
        for seed in range(self._options.seeds):
            if found := self._results.load_scores(self._key(arm, seed)):
                yield ArmScores(arm.spec, seed, *found)

    def _run_missing(
        self,
        missing: list[tuple[Variant, set[int]]],
        network: "Network | None",
    ) -> Iterator[ArmScores]:
        """Run arms, as many at a time as there is room for their pictures."""
        together = len(missing)
        while missing:
            part = missing[:together]
            folder = self._results.make_pictures_folder()
            try:
                rendered = self._render([arm for arm, _ in part], folder)
            except TooLargeError as error:
                shutil.rmtree(folder, ignore_errors=True)
                if len(part) == 1:
                    arm = part[0][0].spec
                    msg = f"{error}, of {arm} alone: allow more with --cache"
                    raise TooLargeError(msg) from error
                together = -(-len(part) // 2)
                continue
            if self.clips is None:
                self._learn_recordings(rendered)
            yield from self._score(part, rendered, network, folder)
            shutil.rmtree(folder, ignore_errors=True)
            missing = missing[together:]

    def _learn_recordings(self, rendered: RenderedDataset) -> None:
        table = RecordingTable(rendered.counts, tuple(find_twins(rendered.digests)))
        self._know(table)
        self._results.save_recordings(table)

    def _render(self, arms: Sequence[Variant], folder: Path) -> RenderedDataset:
        total = len(self.trial.recordings)
        done = count(1)
        return render_dataset(
            self.trial.recordings,
            self._settings,
            [arm.frontends for arm in arms],
            folder,
            jobs=self._options.jobs,
            limit=self._options.cache,
            on_recording=lambda: self._on_progress("render", next(done), total),
        )

    def _score(
        self,
        part: Sequence[tuple[Variant, set[int]]],
        rendered: RenderedDataset,
        network: "Network | None",
        folder: Path,
    ) -> Iterator[ArmScores]:
        """Let the model learn each arm with each seed whose scores are not there."""
        todo = [
            (number, seed)
            for number, (_, seeds) in enumerate(part)
            for seed in range(self._options.seeds)
            if seed not in seeds
        ]
        lessons = {seed: self._lesson(seed) for seed in sorted({s for _, s in todo})}
        scored = score_all(
            [(rendered.variants[number], lessons[seed]) for number, seed in todo],
            self._options,
            network,
            folder,
            self._on_progress,
        )
        for done, (task, scores, seconds) in enumerate(scored, 1):
            number, seed = todo[task]
            arm = part[number][0]
            render = rendered.seconds[number]
            kept = self._results.save_scores(
                self._key(arm, seed), scores, render, seconds
            )
            self._on_progress(f"learn {arm.spec}", done, len(todo))
            yield ArmScores(arm.spec, seed, kept, render, seconds)

    def _lesson(self, seed: int) -> Lesson:
        clips = self.known_clips
        return Lesson(clips.labels, tuple(clips.splits(seed)), seed)
