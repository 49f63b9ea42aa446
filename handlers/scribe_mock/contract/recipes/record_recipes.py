"""Recipes for the audio, the record and the history of sessions; see `recipe_list`."""

from typing import Any

from scribe_mock.contract.core import samples
from scribe_mock.contract.core.marks import UNKNOWN_SESSION
from scribe_mock.contract.recipes.session_steps import CREATE, DONE, END
from scribe_mock.contract.recipes.step import NO_CRASH, NO_WAIT, Recipe, Step, recipes_of
from scribe_mock.paths import HISTORY_PATH, audio_path, record_path, recording_path

_UPLOAD = Step(
    operation="uploadAudio",
    method="POST",
    path=f"{audio_path('{session}')}/audio_0.webm",
    audio="webm",
    headers=(("Content-Type", samples.WEBM),),
)


def _audio(session: str = "{session}", **more: Any) -> Step:
    return Step(operation="getSessionAudio", method="GET", path=audio_path(session), **more)


def _recording(path: str = "{address}", **more: Any) -> Step:
    return Step(operation="getRecording", method="GET", path=path, token=False, **more)


def _record(session: str = "{session}", query: str = "", **more: Any) -> Step:
    path = f"{record_path(session)}{query}"
    return Step(operation="getSessionRecord", method="GET", path=path, **more)


def _history(query: str = "", **more: Any) -> Step:
    return Step(operation="listSessions", method="GET", path=f"{HISTORY_PATH}{query}", **more)


_HEARD = (CREATE, _UPLOAD, END, DONE, _audio())

RECORD_RECIPES: tuple[Recipe, ...] = (
    *recipes_of(
        "getSessionAudio",
        (200, "", _HEARD),
        (401, "token_expired", NO_WAIT),
        (401, "authentication_failed", (_audio(UNKNOWN_SESSION, token=False),)),
        (403, "audio_not_enabled", "the server would have to be set up without full audio"),
        (404, "session_not_found", (_audio(UNKNOWN_SESSION),)),
        (404, "audio_not_available", (CREATE, _audio())),
        (410, "session_expired", (_audio("{expired}"),)),
        (500, "internal_error", NO_CRASH),
    ),
    *recipes_of(
        "getRecording",
        (200, "", (*_HEARD, _recording())),
        (206, "", (*_HEARD, _recording(headers=(("Range", "bytes=0-99"),)))),
        (403, "forbidden", (CREATE, _recording(recording_path("{session}")))),
        (404, "session_not_found", (_recording(recording_path(UNKNOWN_SESSION)),)),
        (404, "audio_not_available", NO_WAIT),
        (416, "range_not_satisfiable", "needs audio that can be decoded"),
        (500, "internal_error", NO_CRASH),
    ),
    *recipes_of(
        "getSessionRecord",
        (200, "", (CREATE, _record())),
        (401, "token_expired", NO_WAIT),
        (401, "authentication_failed", (_record(UNKNOWN_SESSION, token=False),)),
        (404, "session_not_found", (_record(UNKNOWN_SESSION),)),
        (422, "invalid_request", (CREATE, _record(query="?presigned=perhaps"))),
        (500, "internal_error", NO_CRASH),
    ),
    *recipes_of(
        "listSessions",
        (200, "", (CREATE, _history())),
        (401, "token_expired", NO_WAIT),
        (401, "authentication_failed", (_history(token=False),)),
        (404, "", (_history("?oid=no-such-patient"),)),
        (422, "invalid_request", (_history("?count=many"),)),
        (500, "internal_error", NO_CRASH),
    ),
)
