"""One answer from what several sources say, and where they contradict each other."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from functools import reduce
from typing import Any, NamedTuple

from specimg.audio.metadata.facts import NOTHING, Facts, Place
from specimg.audio.metadata.times import could_be_same

_SLACK = timedelta(minutes=1)
"""Recorders begin a few seconds late, or write the planned minute into a name."""

_FIELDS = tuple(field.name for field in fields(Facts))

_NEAR = 0.01
"""Degrees, about a kilometer, by which places differ that are the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """When, where and with what a recording was made; empty or None where unknown."""

    recorded_at: datetime | None = None
    """The file's first sample; with an offset from UTC only where that is known."""
    latitude: float | None = None
    """Degrees, north positive."""
    longitude: float | None = None
    """Degrees, east positive."""
    recorder: str = ""
    """Make and model."""
    device_id: str = ""
    temperature_c: float | None = None
    """Degrees Celsius: of the air if the recorder measures it, or else in its case."""
    battery_v: float | None = None
    """Volts."""
    gain: str = ""
    """As the recorder writes it: a word, a number of a setting, or decibels."""
    time_expansion: int | None = None
    """How many times slower than in nature the file plays; None where none is named."""
    metadata_from: tuple[str, ...] = ()
    """The sources that say something, in the order in which they are believed."""
    warnings: tuple[str, ...] = ()


class _Check(NamedTuple):
    """How to tell whether two sources contradict each other."""

    field: str
    what: str
    is_same: Callable[[Any, Any], bool]
    show: Callable[[Any], str] = str


def _is_near(one: Place, other: Place) -> bool:
    return all(abs(a - b) <= _NEAR for a, b in zip(one, other, strict=True))


_CHECKS = (
    _Check(
        "recorded_at",
        "the time of recording",
        lambda one, other: could_be_same(one, other, _SLACK),
        datetime.isoformat,
    ),
    _Check("place", "the place", _is_near, lambda place: f"{place[0]}, {place[1]}"),
    _Check("device_id", "the device", lambda a, b: a.casefold() == b.casefold()),
    _Check("time_expansion", "the time expansion", lambda a, b: a == b),
)


def merge(sources: Mapping[str, Facts], sample_rate: float = 0.0) -> Metadata:
    """Take each fact from the first source that has it.

    Parameters
    ----------
    sources : mapping of str to Facts
        By their names, the one to be believed first.
    sample_rate : float
        Of the file, in Hz; 0 where it is not known.
    """
    saying = {name: facts for name, facts in sources.items() if facts != NOTHING}
    if not saying:
        return Metadata()
    known = reduce(_fill, saying.values(), NOTHING)
    return Metadata(
        recorded_at=_with_offset(known.recorded_at, saying),
        latitude=known.place[0] if known.place else None,
        longitude=known.place[1] if known.place else None,
        recorder=known.recorder,
        device_id=known.device_id,
        temperature_c=known.temperature_c,
        battery_v=known.battery_v,
        gain=known.gain,
        time_expansion=known.time_expansion,
        metadata_from=tuple(name for name in saying if _is_told(saying[name])),
        warnings=(
            *(warning for facts in saying.values() for warning in facts.warnings),
            *_contradictions(saying),
            *_odd_rate(known, sample_rate),
        ),
    )


def _fill(known: Facts, more: Facts) -> Facts:
    """Return facts with what they lack by others."""
    if known is NOTHING:
        return more
    lacking = [name for name in _FIELDS if getattr(known, name) in (None, "")]
    return replace(known, **{name: getattr(more, name) for name in lacking})


def _is_told(facts: Facts) -> bool:
    """Whether a source says something that is kept."""
    return facts != replace(NOTHING, true_rate=facts.true_rate, warnings=facts.warnings)


def _with_offset(time: datetime | None, saying: Mapping[str, Facts]) -> datetime | None:
    """Return a time with the offset that another source has beside the same time."""
    if time is None or time.tzinfo:
        return time
    for facts in saying.values():
        other = facts.recorded_at
        if other and other.tzinfo and abs(other.replace(tzinfo=None) - time) <= _SLACK:
            return time.replace(tzinfo=other.tzinfo)
    return time


def _contradictions(saying: Mapping[str, Facts]) -> Iterator[str]:
    """Say, once for each fact, which source contradicts the one that is believed."""
    for check in _CHECKS:
        said = [
            (name, value)
            for name, facts in saying.items()
            if (value := getattr(facts, check.field))
        ]
        for name, value in said[1:]:
            first, believed = said[0]
            if not check.is_same(believed, value):
                yield (
                    f"{check.what} is {check.show(believed)} by {first}, "
                    f"but {check.show(value)} by {name}"
                )
                break


def _odd_rate(known: Facts, sample_rate: float) -> Iterator[str]:
    """Warn of a time expansion that is missing or wrong, by the rate it leads to."""
    true_rate = sample_rate * (known.time_expansion or 1)
    if true_rate and known.true_rate and abs(true_rate / known.true_rate - 1) > 0.01:
        named = f"with a time expansion of {known.time_expansion}"
        yield (
            f"GUANO says that it was recorded at {known.true_rate:,.0f} Hz, but the "
            f"file {named if known.time_expansion else 'without a time expansion'} "
            f"has {true_rate:,.0f} Hz"
        )
