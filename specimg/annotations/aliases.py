"""What the columns of plain tables are called, by whoever writes them.

All names are as `squeeze` leaves them. Of several that a table has, the first counts:
that of a path comes before that of a name, as it says more.
"""

import re
from collections.abc import Mapping, Sequence

from specimg.annotations.options import UNITS
from specimg.annotations.text import squeeze

HEADER = ["file", "start", "end", "low", "high", "label", "confidence", "channel"]
"""The columns of the plain form that specimg writes itself."""

KILOHERTZ = {"roiminfreq", "roimaxfreq", "bottomfreq", "topfreq"}
"""Columns in kHz whose name does not say so: those of monitoraSom and of warbleR."""

ALIASES: Mapping[str, Sequence[str]] = {
    "file": (
        *("file", "filepath", "audiopath", "audiofilepath", "soundscapepath"),
        *("beginpath", "path", "audiofile", "audiofilename", "filename"),
        *("soundscapefile", "beginfile", "soundfile", "soundfiles", "soundfilename"),
        *(
            "notatedpath",
            "sourcefile",
            "recording",
            "recordingname",
            "wavfile",
            "wav",
            "audio",
        ),
    ),
    "start": (
        *("start", "starttime", "begintime", "begin", "onset", "onsettime"),
        *("roistart", "startseconds", "startsec", "tmin", "tstart", "mintime"),
        *("timestart", "segmentstart", "clipstart"),
    ),
    "end": (
        *("end", "endtime", "stop", "stoptime", "offset", "offsettime"),
        *("roiend", "endseconds", "endsec", "tmax", "tend", "maxtime"),
        *("timeend", "segmentend", "clipend"),
    ),
    "duration": ("duration", "durationtime"),
    "low": (
        *("low", "lowf", "lowfreq", "lowfrequency", "fmin", "minf", "minfreq"),
        *("minfrequency", "freqmin", "freqlow", "frequencymin", "frequencylow"),
        *("roiminfreq", "lowhz", "onsethz", "bottomfreq", "lowerfreq"),
    ),
    "high": (
        *("high", "highf", "highfreq", "highfrequency", "fmax", "maxf", "maxfreq"),
        *("maxfrequency", "freqmax", "freqhigh", "frequencymax", "frequencyhigh"),
        *("roimaxfreq", "highhz", "offsethz", "topfreq", "upperfreq"),
    ),
    "label": (
        *("label", "annotation", "species", "roilabel", "labels", "class"),
        *("classname", "tag", "tags", "commonname", "scientificname"),
        *("speciesname", "speciescode", "ebirdcode", "primarylabel", "name"),
    ),
    "confidence": ("confidence", "score", "probability", "classprob", "detprob"),
}

_UNIT = re.compile(r"^(.*?)[\s_]*[\s_(\[]([A-Za-z]+)[)\]]?$")


def find_unit(name: str) -> tuple[str, str | None]:
    """Split ``Low Freq (kHz)`` or ``start_ms`` into a squeezed name and a unit."""
    found = _UNIT.match(name.strip())
    if found and found[2].casefold() in UNITS:
        return squeeze(found[1]), found[2].casefold()
    return squeeze(name), None
