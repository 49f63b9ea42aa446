"""Creates sessions in any state: those of the fixtures, and those of the control API."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from scribe_mock.audio.file_names import extension_of
from scribe_mock.audio.media_types import TYPE_OF_EXTENSION
from scribe_mock.errors import SessionNotFound
from scribe_mock.scenarios.fixtures import Fixtures, Seed
from scribe_mock.sessions.chunk import Chunk
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.owners import owner_of
from scribe_mock.sessions.placing import place
from scribe_mock.sessions.session import Session, UploadType
from scribe_mock.sessions.states import State
from scribe_mock.settings import Settings
from scribe_mock.store.session_store import Parts, SessionStore

#: The token in the documentation's samples.
DEMO_TOKEN = "any"

#: Seconds until a seeded session expires: ten years.
_SEED_SECONDS = 10 * 365.25 * 86400


class Seeder:
    """Creates sessions in any state in one server's store."""

    def __init__(
        self, settings: Settings, clocks: Clocks, store: SessionStore, fixtures: Fixtures
    ) -> None:
        self._settings = settings
        self._clocks = clocks
        self._store = store
        self._fixtures = fixtures
        # The token of the samples: the history of that caller has the sessions of the fixtures.
        tokens = settings.token or (DEMO_TOKEN,)
        self.owner = owner_of(tokens[0])

    async def plant(self) -> None:
        """Store the sessions of the fixtures, except for those whose ids are in use."""
        for seed in self._fixtures.seeds:
            try:
                await self._store.get(seed.session_id)
            except SessionNotFound:
                await self._plant(seed)

    async def _plant(self, seed: Seed) -> None:
        session = self.session(
            seed.session_id,
            seed.upload_type,
            {
                "scenario": seed.scenario or self._fixtures.default.name,
                "templates": seed.templates,
                "patient_details": seed.patient_details,
                "additional_data": seed.additional_data,
                "owner": self.owner,
            },
        )
        audio: dict[int, Parts] = {}
        for sequence, path in enumerate(seed.audio):
            data = path.read_bytes()
            extension = extension_of(path.name)
            kind = TYPE_OF_EXTENSION.get(extension, "application/octet-stream")
            name = f"audio_{sequence}.{extension}"
            chunk = Chunk(sequence, extension, name, kind, len(data), session.created_at)
            session.chunks.put(chunk)
            audio[sequence] = [data]
        if seed.state is not State.EXPIRED:
            # Its state must not change while the server runs.
            session.expires_at = session.created_at + _SEED_SECONDS
        await self.place(session, seed.state, audio, document_ids=f"doc_{seed.session_id}")

    def session(
        self, session_id: str, upload_type: UploadType, fields: Mapping[str, Any]
    ) -> Session:
        """A new session, created now; without templates it gets those of the scenario."""
        now = self._clocks.find(session_id, fields.get("owner", "")).now()
        streamed = upload_type is UploadType.STREAM
        session = Session(
            session_id=session_id,
            upload_type=upload_type,
            communication_protocol="websocket" if streamed else "http",
            created_at=now,
            expires_at=now + self._settings.session_ttl,
            stream_id=f"stream_of_{session_id}" if streamed else None,
            **fields,
        )
        session.templates = session.templates or list(self._fixtures.of(session).outcome.templates)
        return session

    async def place(
        self,
        session: Session,
        state: State,
        audio: Mapping[int, Parts],
        document_ids: str | None = None,
    ) -> None:
        """Put a session into a state and store it with its audio.

        Args:
            session: The session.
            state: The state that it is to have.
            audio: The bytes of its chunks, by sequence number; those that are stored may be left
                out.
            document_ids: What the ids of its documents begin with, so that samples can name them.
        """
        outcome = self._fixtures.of(session).outcome
        now = self._clocks.of(session).now()
        place(session, now, state, outcome, self._settings.session_ttl)
        if document_ids is not None:
            session.documents = [
                replace(document, document_id=f"{document_ids}_{number}")
                for number, document in enumerate(session.documents)
            ]
        await self._store.replace(session, audio)
