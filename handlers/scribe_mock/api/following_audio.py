"""Sessions whose transcript follows their audio, and the recording that they are compared with."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scribe_mock.api.bodies import refuse_body
from scribe_mock.audio.examination import Examiner
from scribe_mock.audio.media_types import type_of_container
from scribe_mock.scenarios.fixtures import Fixtures
from scribe_mock.scenarios.scenario import Scenario
from scribe_mock.sessions.session import Session
from scribe_mock.settings import Settings
from scribe_mock.store.body import Body
from scribe_mock.store.reference import Reference

#: The most recordings of scenarios that are kept in memory.
_MOST_KEPT = 4

_PATH = "$.additional_data._mock.follow_audio"

#: A file, when it was changed, and its size.
_Key = tuple[Path, int, int]


class FollowingAudio:
    """Knows which sessions follow their audio, and has the recordings of their scenarios.

    Args:
        settings: Say whether sessions do that say nothing.
        fixtures: Have the scenarios.
        examiner: Decodes recordings.
    """

    def __init__(self, settings: Settings, fixtures: Fixtures, examiner: Examiner) -> None:
        self._settings = settings
        self._fixtures = fixtures
        self._examiner = examiner
        self._kept: OrderedDict[_Key, Reference] = OrderedDict()
        # Parallel requests decode a recording once.
        self._lock = asyncio.Lock()

    def includes(self, session: Session) -> bool:
        """Whether the session's transcript follows its audio."""
        mock = session.additional_data.get("_mock")
        said = mock.get("follow_audio") if isinstance(mock, dict) else None
        wanted = self._settings.follow_audio if said is None else said is True
        return wanted and self._fixtures.of(session).spoken.is_timed

    async def reference(self, session: Session) -> Reference | None:
        """The recording of the session's scenario; None if the session does not follow its audio.

        Raises:
            AudioError: it can't be decoded.
            OSError: it can't be read.
        """
        file = self._fixtures.of(session).spoken.audio
        if file is None or not self.includes(session):
            return None
        async with self._lock:
            found = await asyncio.to_thread(file.stat)
            key = (file, found.st_mtime_ns, found.st_size)
            if key not in self._kept:
                self._kept[key] = await self._decoded(file)
                if len(self._kept) > _MOST_KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]

    async def _decoded(self, file: Path) -> Reference:
        body = Body([await asyncio.to_thread(file.read_bytes)])
        fingerprint = await self._examiner.fingerprint(body.parts or ())
        media_type = type_of_container(fingerprint.container)
        assert media_type is not None, "only known containers are decoded"
        await asyncio.to_thread(body.digest)
        return Reference(body, media_type, fingerprint, file.name)


def check_follow_audio(mock: Mapping[str, Any], scenario: Scenario) -> None:
    """Refuse a `follow_audio` that could have no effect; raises InvalidBody.

    Args:
        mock: The `_mock` in a session's `additional_data`.
        scenario: The session's scenario.
    """
    wanted = mock.get("follow_audio", False)
    if not isinstance(wanted, bool):
        refuse_body(_PATH, "expected true or false")
    if wanted and not scenario.spoken.is_timed:
        reason = f"the sentences of the scenario {scenario.name} have no times"
        refuse_body(_PATH, f"expected false: {reason}")
