"""Runs the scenarios of the gauntlet, several at the same time."""

import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from scribe_mock.contract.core.exceptions import CannotRun
from scribe_mock.errors import StartError
from scribe_mock.examine.audio import write_reference
from scribe_mock.examine.driver import Setup, run_scenario
from scribe_mock.examine.options import Options
from scribe_mock.examine.result import Result
from scribe_mock.gauntlet.grading import Outcome
from scribe_mock.gauntlet.scenario import Scenario
from scribe_mock.settings import Settings
from scribe_mock.testing.child_server import ChildServer
from scribe_mock.testing.control_client import ControlClient, ControlError

#: Those that take long begin first.
_LONG = ("long-processing", "slow-network", "offline", "end-overtakes")


def examine(
    scenarios: Sequence[Scenario], options: Options, ended: Callable[[Outcome], None]
) -> Result:
    """Put a client through scenarios.

    Args:
        scenarios: The scenarios.
        options: The client, and how.
        ended: Called with each outcome, as it comes.

    Raises:
        CannotRun: the mock or the client can't be started, or the mock does not answer.
    """
    began = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scribe-mock-")))
        audio = folder / "spoken.wav"
        write_reference(audio)
        setup = Setup(
            url=options.url or _start(stack),
            token=options.token,
            command=options.command,
            audio=audio,
            folder=folder,
            timeout=options.timeout,
        )
        try:
            outcomes = asyncio.run(_run_all(scenarios, setup, options.jobs, ended))
        except ControlError as error:
            raise CannotRun(str(error)) from None
    return Result(
        command=options.command,
        outcomes=outcomes,
        seconds=time.monotonic() - began,
        strict=options.strict,
        allow_skipped=options.allow_skipped,
    )


def _start(stack: ExitStack) -> str:
    """Start a mock until the stack ends; its address."""
    try:
        return stack.enter_context(ChildServer(Settings(quiet=True))).url
    except StartError as error:
        raise CannotRun(str(error)) from None


async def _run_all(
    scenarios: Sequence[Scenario], setup: Setup, jobs: int, ended: Callable[[Outcome], None]
) -> list[Outcome]:
    """The outcomes, in the order of the scenarios."""
    client, free = ControlClient(setup.url), asyncio.Semaphore(jobs)

    async def run(scenario: Scenario) -> Outcome:
        async with free:
            outcome = await run_scenario(scenario, setup, client)
        ended(outcome)
        return outcome

    order = sorted(scenarios, key=lambda one: one.name not in _LONG)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = {one.name: group.create_task(run(one)) for one in order}
    except* (CannotRun, ControlError) as errors:
        raise errors.exceptions[0] from None
    finally:
        client.close()
    return [tasks[one.name].result() for one in scenarios]
