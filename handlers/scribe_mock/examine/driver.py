"""Puts a client through one scenario."""

import asyncio
import os
import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from scribe_mock.examine.client import Client
from scribe_mock.examine.gathering import gather
from scribe_mock.examine.relay import Relay
from scribe_mock.examine.watch import do, held_upload, release
from scribe_mock.gauntlet.evidence import Evidence, Run
from scribe_mock.gauntlet.grading import Outcome, grade, not_tried
from scribe_mock.gauntlet.parts import CUE
from scribe_mock.gauntlet.scenario import Deed, Scenario
from scribe_mock.settings import EXAMINE_PREFIX
from scribe_mock.testing.control_client import ControlClient, ControlError
from scribe_mock.testing.scope_calls import ScopeCalls

#: How long the port refuses connections in a scenario that begins so.
_UNREACHABLE_SECONDS = 3.0
#: Tells a client that was killed that it is started once more.
RESUME = "SCRIBE_MOCK_RESUME"


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What all scenarios of a run share.

    Args:
        url: The mock, `http://host:port`.
        token: The token of all scenarios; None for one of its own for each.
        command: The client.
        audio: The WAV.
        folder: Where each scenario gets a folder of its own.
        timeout: Seconds after which a client is killed.
    """

    url: str
    token: str | None
    command: Sequence[str]
    audio: Path
    folder: Path
    timeout: float


async def run_scenario(scenario: Scenario, setup: Setup, client: ControlClient) -> Outcome:
    """Run the client in a scenario, and grade it; raises CannotRun, ControlError."""
    began = time.monotonic()
    token = setup.token or f"examine-{secrets.token_hex(8)}"
    calls = ScopeCalls(client, token, token)
    parts = urlsplit(setup.url)
    needs_relay = scenario.unreachable or scenario.deed is Deed.OFFLINE
    if needs_relay and parts.scheme != "http":
        return not_tried(scenario, "It needs a mock at an http address.")
    async with AsyncExitStack() as stack:
        relay = None
        if parts.scheme == "http":
            relay = await stack.enter_async_context(Relay(parts.hostname or "", parts.port or 80))
        evidence = await _Passage(scenario, setup, calls, relay, token).walk()
    return grade(scenario, evidence, time.monotonic() - began)


class _Passage:
    """One client on its way through one scenario."""

    def __init__(
        self,
        scenario: Scenario,
        setup: Setup,
        calls: ScopeCalls,
        relay: Relay | None,
        token: str,
    ) -> None:
        self._scenario = scenario
        self._setup = setup
        self._calls = calls
        self._relay = relay
        self._token = token
        self._cued = False
        #: The ids of the faults that are part of the scenario.
        self._faults: list[str] = []
        seconds = setup.timeout
        if scenario.most_seconds is not None:
            seconds = min(seconds, scenario.most_seconds)
        self._until = time.monotonic() + seconds

    async def walk(self) -> Evidence:
        """Run the client, and gather what it did; the scope is clean before and after."""
        await asyncio.to_thread(self._calls.change, "POST", "/reset")
        try:
            await asyncio.to_thread(self._set_faults)
            runs = await self._runs()
            spoken = self._setup.audio.read_bytes()
            return await gather(self._calls, self._faults, runs, spoken, cued=self._cued)
        finally:
            await asyncio.to_thread(self._calls.change, "POST", "/reset")

    def _set_faults(self) -> None:
        cue = CUE if self._scenario.deed else ()
        for fault in (*self._scenario.faults, *cue):
            found = self._calls.send("POST", "/faults", {"scope": self._calls.scope, **fault})
            self._faults.append(found["id"])

    async def _runs(self) -> list[Run]:
        """The runs of the client, while the scenario does to it what it does."""
        clients = [self._client(number) for number in range(self._scenario.at_once)]
        happening = asyncio.create_task(self._happen(clients))
        try:
            for client in clients:
                await client.start()
            waiting = [client.wait(self._until - time.monotonic()) for client in clients]
            runs = await asyncio.gather(*waiting)
        finally:
            for client in clients:
                client.kill()
            # What goes on in the middle ends with the client; it is awaited for its errors.
            if self._scenario.deed is not Deed.KILL or not self._cued:
                happening.cancel()
            with suppress(asyncio.CancelledError):
                await happening
        if self._cued and self._scenario.deed is Deed.KILL:
            again = self._client(0, resumes=True)
            await again.start()
            runs.append(await again.wait(self._until - time.monotonic()))
        return runs

    async def _happen(self, clients: Sequence[Client]) -> None:
        """Do what happens to the client besides its faults."""
        if self._scenario.unreachable and self._relay is not None:
            await self._relay.refuse_from_first(self._note_cue, _UNREACHABLE_SECONDS)
        if self._scenario.deed is None:
            return
        held = await held_upload(self._calls)
        self._cued = True
        if self._scenario.deed is Deed.KILL:
            for client in clients:
                client.kill()
            await release(held, self._calls)
            return
        try:
            await do(self._scenario.deed, held, self._calls, self._relay)
        except ControlError:
            self._cued = False  # the client has left meanwhile, and its session or upload is gone

    def _note_cue(self) -> None:
        self._cued = True

    def _client(self, number: int, *, resumes: bool = False) -> Client:
        return Client(self._setup.command, self._environ(number, resumes=resumes))

    def _environ(self, number: int, *, resumes: bool) -> Mapping[str, str]:
        """The client's environment; a folder of its own holds its audio."""
        folder = self._setup.folder / f"{self._scenario.name}-{number}"
        folder.mkdir(exist_ok=True)
        audio = folder / self._setup.audio.name
        if not audio.exists():
            shutil.copyfile(self._setup.audio, audio)
        ours = {name for name in os.environ if name.startswith(EXAMINE_PREFIX)}
        environ = {name: text for name, text in os.environ.items() if name not in ours}
        environ |= {
            "SCRIBE_MOCK_URL": self._relay.url if self._relay else self._setup.url,
            "SCRIBE_MOCK_TOKEN": self._token,
            "SCRIBE_MOCK_SCENARIO": self._scenario.name,
            "SCRIBE_MOCK_AUDIO": str(audio),
        }
        return environ | ({RESUME: "1"} if resumes else {})
