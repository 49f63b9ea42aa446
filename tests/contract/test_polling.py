"""Waiting has a deadline, however slow the server is."""

import asyncio
import time

import pytest

from scribe_mock.contract.core.exceptions import Skip
from scribe_mock.contract.core.options import Options
from scribe_mock.contract.core.polling import poll_until
from scribe_mock.contract.core.probe import Probe
from scribe_mock.contract.core.run import Run
from scribe_mock.contract.recipes import coverage
from scribe_mock.contract.transport.address import Address
from tests.contract.independent_server import Running, Server

#: Seconds that a busy machine may add.
SLACK = 5


def test_the_time_that_answers_take_counts():
    asked = []

    async def slow():
        asked.append(time.monotonic())
        await asyncio.sleep(0.2)
        return "processing"

    began = time.monotonic()
    answer = asyncio.run(poll_until(slow, lambda answer: answer == "done", 0.5))
    assert answer == "processing"
    assert len(asked) <= 4  # of 0.2 s each, and pauses between them
    assert time.monotonic() - began < 0.5 + 0.2 + SLACK


def test_the_first_wanted_answer_ends_it():
    async def count():
        answers.append(len(answers))
        return answers[-1]

    answers: list[int] = []
    assert asyncio.run(poll_until(count, lambda answer: answer == 2, 60)) == 2
    assert answers == [0, 1, 2]


class NeverDone(Server):
    """Processing has no end, and each look at a session takes a second."""

    processing = 10_000

    async def respond(self, scope, receive):
        if scope["method"] == "GET":
            await asyncio.sleep(1)
        return await super().respond(scope, receive)


async def waited(base_url, patience):
    """Seconds until a probe gave up on processing."""
    probe = Probe(Run(Options(base=Address.parse(base_url), patience=patience), {}, {}))
    session = await probe.create()
    await probe.end(session)
    began = time.monotonic()
    with pytest.raises(Skip, match="longer than --patience 3 s"):
        await probe.done(session)
    return time.monotonic() - began


def test_the_check_gives_up_after_its_patience_and_one_answer():
    with Running(NeverDone()) as running:
        took = asyncio.run(waited(running.base_url, 3.0))
    assert 3 <= took < 3 + 1 + SLACK


def test_processing_without_end_is_waited_for_once_when_coverage_is_collected():
    with Running(NeverDone()) as running:
        options = Options(base=Address.parse(running.base_url), patience=3.0)
        probe = Probe(Run(options, {}, {}))
        began = time.monotonic()
        cells = asyncio.run(coverage.collect(probe))
    late = [cell for cell in cells if "longer than --patience" in cell.reason]
    assert len(late) > 3
    assert time.monotonic() - began < 2 * 3 + SLACK
