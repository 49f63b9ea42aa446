"""Recordings with a planted fault, and whether the comparison finds just that.

`python -m tests.audio.planted 400` prints the figures of so many cases.
"""

import sys
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import av
import numpy as np

from scribe_mock.audio.alignment.comparison import Piece, compare
from scribe_mock.audio.alignment.fingerprint import fingerprint
from scribe_mock.audio.limits import Limits
from tests.audio.factory import RATE, RECIPES, encode, wav

_SPOKEN = Path(__file__).parents[2] / "fixtures" / "audio" / "consultation.ogg"
KINDS = ("missing", "repeated", "reordered", "distorted", "clean")
WAYS = ("plain", "noise", "gain", "automatic gain", "noise suppression", "drift", "late", "all")
#: The length of a reference, in seconds.
_SECONDS = 40


@dataclass(frozen=True)
class Case:
    """A reference, what arrived of it, and what is wrong with that.

    Args:
        kind: the fault, of KINDS.
        way: what else happened to the sound, of WAYS.
        reference: a WAV file.
        chunks: the files that arrived.
        passages: the stretches of the reference that the fault is about; one of them is to be
            found. None if nothing is.
        late: the seconds that are missing at the start.
    """

    kind: str
    way: str
    reference: bytes
    chunks: list[bytes]
    passages: list[tuple[float, float]]
    late: float


@cache
def _spoken():
    with av.open(str(_SPOKEN)) as file:
        resampler = av.AudioResampler("flt", "mono", RATE)
        frames = [part for frame in file.decode(audio=0) for part in resampler.resample(frame)]
        return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def case(seed, kind=None, shortest=0.3, longest=10.0):
    """Return a case at random, with a fault of the kind, or of any."""
    random = np.random.default_rng(seed)
    kind = kind or str(random.choice(KINDS))
    way = str(random.choice(WAYS))
    spoken = _spoken()
    first = int(random.integers(0, len(spoken) - _SECONDS * RATE))
    sound = spoken[first : first + _SECONDS * RATE]
    length = float(np.exp(random.uniform(np.log(shortest), np.log(longest))))
    start = _place(random, sound, length, 2 if kind == "reordered" else 1)
    a, b, c = (round((start + part * length) * RATE) for part in range(3))
    pieces = {
        "missing": [sound[:a], sound[b:]],
        "repeated": [sound[:b], sound[a:b], sound[b:]],
        "reordered": [sound[:a], sound[b:c], sound[a:b], sound[c:]],
        "distorted": [sound[:a], random.normal(0, 0.1, b - a).astype(np.float32), sound[b:]],
        "clean": [sound],
    }
    late = float(random.uniform(0.3, min(5.0, start - 0.5))) if way in ("late", "all") else 0.0
    heard = _changed(random, np.concatenate(pieces[kind])[round(late * RATE) :], way)
    found = [(start, start + length), (start + length, start + 2 * length)]
    passages = {"clean": [], "reordered": found}.get(kind, found[:1])
    return Case(kind, way, wav(sound), _chunks(random, heard), passages, late)


def _place(random, sound, length, times):
    """Return where a fault begins, in seconds, so that none of its borders is in a pause."""
    loud = np.convolve(np.abs(sound), np.ones(1600) / 1600, "same") > 0.008
    while True:
        start = random.uniform(3, _SECONDS - 3 - times * length)
        edges = [round((start + part * length) * RATE) for part in range(times + 1)]
        near = [loud[edge + shift] for edge in edges for shift in (-1300, 1300)]
        if all(near) and all(loud[a:b].mean() > 0.6 for a, b in pairwise(edges)):
            return float(start)


def _changed(random, sound, way):
    if way in ("drift", "all"):
        at = np.arange(round(len(sound) * 1.001)) / 1.001
        sound = np.interp(at, np.arange(len(sound)), sound).astype(np.float32)
    if way in ("gain", "all"):
        sound = sound * np.float32(10 ** (random.uniform(-20, 0) / 20))
    if way == "automatic gain":
        level = np.sqrt(np.convolve(sound**2, np.ones(8000) / 8000, "same") + 1e-8)
        sound = (sound * np.clip(0.1 / level, 0.3, 6)).astype(np.float32)
    if way in ("noise", "noise suppression", "all"):
        power = np.mean(sound[np.abs(sound) > np.abs(sound).max() / 20] ** 2)
        noise = random.normal(0, np.sqrt(power / 10**1.5), len(sound))
        sound = (sound + noise).astype(np.float32)
    return _suppressed(sound) if way == "noise suppression" else sound


def _suppressed(sound):
    """Return sound of which the noise was subtracted, as a browser does it."""
    taper = np.sqrt(np.hanning(512))
    padded = np.pad(sound, (256, 512))
    spectra = np.fft.rfft(np.lib.stride_tricks.sliding_window_view(padded, 512)[::256] * taper)
    size = np.abs(spectra)
    floor = np.percentile(size, 15, axis=0) * 1.5
    spectra *= np.maximum(1 - floor / np.maximum(size, 1e-9), 0.1)
    out = np.zeros(len(spectra) * 256 + 512)
    for index, row in enumerate(np.fft.irfft(spectra) * taper):
        out[index * 256 : index * 256 + 512] += row
    return out[256 : 256 + len(sound)].astype(np.float32)


def _chunks(random, sound):
    media_type = list(RECIPES)[int(random.integers(len(RECIPES)))]
    lossy = {"bit_rate": 16_000} if RECIPES[media_type][1] == "libopus" else {}
    count = int(random.integers(1, 5))
    cuts = [len(sound) * part // count for part in range(count + 1)]
    return [encode(sound[a:b], media_type, **lossy) for a, b in pairwise(cuts)]


def judged(case):
    """Return what is wrong with a comparison, as sentences, and the errors of its borders."""
    limits = Limits()
    pieces = [Piece(index, fingerprint(chunk, limits)) for index, chunk in enumerate(case.chunks)]
    found = compare(fingerprint(case.reference, limits), pieces)
    wanted = [("missing", [(0.0, case.late)])] if case.late else []
    wanted += [(case.kind, case.passages)] if case.passages else []
    wrong, errors = [], []
    for kind in KINDS[:-1]:
        there = [(one.start_s, one.end_s) for one in getattr(found, kind)]
        for options in [options for name, options in wanted if name == kind]:
            pair = _best(there, options)
            if pair is None:
                wrong.append(f"not found: {kind} {options}, but {there}")
                continue
            there.remove(pair[0])
            errors += [abs(one - other) for one, other in zip(*pair, strict=True)]
        wrong += [f"false: {kind} {passage}" for passage in there]
    return wrong, errors


def _best(there, options):
    """Return the passage that is most of one of the options, and that option; None if none is."""
    for passage in there:
        for option in options:
            common = min(passage[1], option[1]) - max(passage[0], option[0])
            if common > 0.5 * max(passage[1] - passage[0], option[1] - option[0]):
                return passage, option
    return None


def _tried(seed):
    one = case(seed)
    return seed, one.kind, one.way, *judged(one)


def main():
    """Print what was found, and what was not."""
    counts: Counter[str] = Counter()
    right: Counter[str] = Counter()
    errors: defaultdict[str, list[float]] = defaultdict(list)
    with ProcessPoolExecutor() as processes:
        for seed, kind, way, wrong, found in processes.map(_tried, range(int(sys.argv[1]))):
            counts[kind] += 1
            right[kind] += not wrong
            errors[kind] += found
            if wrong:
                print(seed, kind, way, *wrong, sep="; ")
    for kind in KINDS:
        late = np.quantile(errors[kind], 0.95) if errors[kind] else 0.0
        print(f"{kind:10} {right[kind]} of {counts[kind]}, borders within {late:.3f} s in 95 %")


if __name__ == "__main__":
    main()
