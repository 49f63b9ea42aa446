"""The audio of a session, as one MP3 at a signed address."""

import io
import time
from itertools import chain

import av
from starlette.responses import JSONResponse, Response

from tests.contract.independent_server.base import Base
from tests.contract.independent_server.refusal import Refusal

DAY = 86_400
#: Larger chunks are not kept.
KEPT = 1_000_000


class Recordings(Base):
    def keep(self, session, number, data):
        session.sounds[number] = bytes(data) if len(data) <= KEPT else b""

    async def session_audio(self, call, session_id):
        self.authorize(call)
        session = self.find(session_id)
        state = self.state(session)
        if state == "expired":
            raise self.too_late()
        if not self.may_be_heard(session, state):
            raise self.no_audio()
        return JSONResponse(
            {
                "session_id": session.id,
                "status": "success",
                "audio_url": self.audio_url(call, session),
                "expires_in": DAY,
                "expires_at": self.heard_until(),
            }
        )

    def may_be_heard(self, session, state):
        return state in ("completed", "partial", "failed") and bool(session.sounds)

    def too_late(self):
        return Refusal(410, "session_expired")

    def no_audio(self):
        return Refusal(404, "audio_not_available")

    def audio_url(self, call, session):
        return f"http://{call.first('host')}/heard/{session.id}.mp3?signature={self.secret}"

    def heard_until(self):
        return int(time.time()) + DAY

    async def heard(self, call, name):
        if f"signature={self.secret}" not in call.scope["query_string"].decode():
            raise self.not_heard()
        mp3 = self.mp3(self.find(name.removesuffix(".mp3")))
        return self.part(mp3, call.first("range"))

    def not_heard(self):
        return Refusal(403, "forbidden")

    def part(self, mp3, wanted):
        if not wanted:
            return Response(mp3, media_type="audio/mpeg")
        first, last = map(int, wanted.removeprefix("bytes=").split("-"))
        headers = {"Content-Range": f"bytes {first}-{last}/{len(mp3)}"}
        return Response(mp3[first : last + 1], 206, headers, "audio/mpeg")

    def in_order(self, session):
        return [session.sounds[number] for number in sorted(session.sounds)]

    def mp3(self, session):
        blocks = chain.from_iterable(map(self.decoded, self.in_order(session)))
        with io.BytesIO() as file:
            with av.open(file, "w", "mp3") as output:
                stream = output.add_stream("libmp3lame", 16_000, layout="mono")
                for block in blocks:
                    block.pts = None
                    output.mux(stream.encode(block))
                output.mux(stream.encode(None))
            return file.getvalue()

    def decoded(self, data):
        try:
            with av.open(io.BytesIO(data), "r") as file:
                resampler = av.AudioResampler("s16p", "mono", 16_000)
                frames = [*file.decode(audio=0), None]
                return [part for frame in frames for part in resampler.resample(frame)]
        except (av.FFmpegError, IndexError):
            return []
