"""How the samples of a recording are coded, by the names that FFmpeg has for it."""

import soundfile

_CODED = {
    "ALAW": "pcm_alaw",
    "ULAW": "pcm_mulaw",
    "PCM_S8": "pcm_s8",
    "PCM_U8": "pcm_u8",
    "IMA_ADPCM": "adpcm_ima_wav",
    "MS_ADPCM": "adpcm_ms",
    "NMS_ADPCM_16": "adpcm_nms",
    "NMS_ADPCM_24": "adpcm_nms",
    "NMS_ADPCM_32": "adpcm_nms",
    "VOX_ADPCM": "adpcm_vox",
    "G721_32": "adpcm_g726",
    "G723_24": "adpcm_g726",
    "G723_40": "adpcm_g726",
    "GSM610": "gsm",
    "MPEG_LAYER_I": "mp1",
    "MPEG_LAYER_II": "mp2",
    "MPEG_LAYER_III": "mp3",
    "VORBIS": "vorbis",
    "OPUS": "opus",
    "ALAC_16": "alac",
    "ALAC_20": "alac",
    "ALAC_24": "alac",
    "ALAC_32": "alac",
}
"""Codecs by libsndfile's subtypes."""

_PLAIN = {
    "PCM_16": "pcm_s16",
    "PCM_24": "pcm_s24",
    "PCM_32": "pcm_s32",
    "FLOAT": "pcm_f32",
    "DOUBLE": "pcm_f64",
}
"""Samples that are stored as they are, in an order of bytes."""

_BIG_ENDIAN = ("AIFF", "AU", "AVR", "CAF", "HTK", "PVF", "SDS", "SVX")
"""Containers whose numbers begin with their highest byte, where nothing is said."""


def name_codec(file: soundfile.SoundFile) -> str:
    """Return FFmpeg's name for the codec of an open file, such as ``pcm_s16le``.

    Where FFmpeg has no such codec, it is libsndfile's name, in lower case.
    """
    subtype: str = file.subtype
    if file.format == "FLAC":
        return "flac"
    if subtype in _PLAIN:
        is_default = file.endian in ("FILE", "CPU")
        is_big = file.format in _BIG_ENDIAN if is_default else file.endian == "BIG"
        return _PLAIN[subtype] + ("be" if is_big else "le")
    return _CODED.get(subtype, subtype.lower())
