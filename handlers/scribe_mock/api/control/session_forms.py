"""The JSON forms of sessions in the control API, made so that nobody waits for a long one."""

import asyncio
from collections.abc import Sequence

from starlette.requests import Request

from scribe_mock.api.addresses import base_url
from scribe_mock.api.answers import encode
from scribe_mock.api.representations import control_chunk, control_session, with_names
from scribe_mock.api.services import Services
from scribe_mock.audio.examination import page_findings
from scribe_mock.sessions.chunk import Chunk
from scribe_mock.sessions.chunks import Chunks
from scribe_mock.sessions.session import Session

#: The most chunks of one answer; the same number is in `control.yaml`.
MOST_CHUNKS = 1000
#: Others wait until so many chunks are written, a few milliseconds.
_SLICE = 50


async def session_form(
    services: Services,
    request: Request,
    session: Session,
    limit: int = MOST_CHUNKS,
    offset: int = 0,
) -> str:
    """A session as JSON, with some of its chunks.

    Args:
        services: The parts of the server.
        request: Asks for it.
        session: The session.
        limit: The most chunks.
        offset: How many chunks to skip first.
    """
    clock, chunks = services.clocks.of(session), session.chunks
    address = base_url(request, services.settings)
    form = control_session(session, clock.now(), address, clock.frozen)
    # Written before the wait below: chunks that arrive meanwhile are not part of this answer.
    text = with_names(form, chunks.names_json).decode()
    page = chunks.ordered(offset, limit)
    if chunks.undigested:
        await services.store.learn_digests(session.session_id)
    parts = [_chunk_forms(chunks, page[:_SLICE])]
    for start in range(_SLICE, len(page), _SLICE):
        await asyncio.sleep(0)
        parts.append(_chunk_forms(chunks, page[start : start + _SLICE]))
    return f'{text[:-1]},"chunks":[{",".join(parts)}]}}'


def _chunk_forms(chunks: Chunks, page: Sequence[Chunk]) -> str:
    found = page_findings(chunks, page)
    return ",".join(encode(control_chunk(chunk, found[chunk.sequence])) for chunk in page)
