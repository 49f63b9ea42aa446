"""The decoding processes: division of work, errors, ends."""

import asyncio
import io
import os
import signal
import sys
import threading

import pytest

from scribe_mock.audio import decoding_process, media_types
from scribe_mock.audio.audio_errors import NotAudio, TooMuchWork, TruncatedAudio, WorkerLost
from scribe_mock.audio.containers.webm_elements import element
from scribe_mock.audio.limits import Limits
from scribe_mock.audio.packed_fingerprint import PackedPiece
from scribe_mock.audio.split import split
from scribe_mock.audio.worker_messages import read_message, write_message
from scribe_mock.audio.worker_pool import AudioWorkers
from tests.audio.factory import RATE, conversation, encode, sample, wav
from tests.audio.recordings import webm_slices

SOUND = conversation(6, 1, 7, 0.8, 5, 6, 4)[0]


@pytest.fixture(scope="module")
def workers():
    with AudioWorkers(2).start() as pool:
        yield pool


def process_ids(pool):
    return [process._child.pid for process in pool._all]


def test_a_process_returns_what_split_returns(workers):
    data = sample(media_types.WEBM)
    assert workers.split(data, media_types.WEBM) == split(data, media_types.WEBM)


def test_a_large_file_is_divided_between_two_processes(workers):
    data = encode(SOUND, media_types.WAV, rate=48_000)
    assert len(data) > 200_000
    one, two = workers.split(data, media_types.WAV), split(data, media_types.WAV)
    assert len(one) == len(two)
    for a, b in zip(one, two, strict=True):
        assert a.start_s == pytest.approx(b.start_s, abs=0.1)


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux has priorities of threads"
)
def test_after_a_long_recording_a_process_has_its_priority_again(workers):
    data = encode(SOUND, media_types.WAV, rate=48_000)
    assert len(data) > 1_000_000
    workers.split(data, media_types.WAV)
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    for pid in process_ids(workers):
        assert os.getpriority(os.PRIO_PROCESS, pid) == min(ours + 5, 19)


def test_errors_are_raised_in_the_server(workers):
    with pytest.raises(NotAudio, match="plain text"):
        workers.split(b"hello hello hello", media_types.WEBM)
    data = encode(SOUND, media_types.WAV, rate=48_000)
    with pytest.raises(TruncatedAudio):
        workers.split(data[:30], media_types.WAV)
    assert workers.split(sample(media_types.MP3), media_types.MP3)


def test_a_process_examines_chunks(workers):
    assert workers.diagnose(sample(media_types.MP3), media_types.MP3, "mp3").codec == "mp3"


def test_a_process_makes_fingerprints_and_another_compares(workers):
    spoken = workers.fingerprint(wav(SOUND))
    assert (spoken.container, spoken.alone) == ("wav", True)
    assert spoken.duration_s == pytest.approx(len(SOUND) / RATE, abs=0.02)
    parts = [workers.fingerprint(wav(part)) for part in (SOUND[: 6 * RATE], SOUND[9 * RATE :])]
    found = workers.compare(spoken, [PackedPiece(n, part) for n, part in enumerate(parts)])
    [passage] = found.missing
    assert (passage.start_s, passage.end_s) == pytest.approx((6, 9), abs=0.1)


def test_a_piece_of_a_file_is_decoded_behind_its_header(workers):
    slices = webm_slices(encode(SOUND, media_types.WEBM), seconds=10).parts
    with pytest.raises(NotAudio, match="without its header"):
        workers.fingerprint(slices[1])
    found = workers.fingerprint(slices[1], slices[0])
    assert (found.container, found.alone) == (None, False)
    assert found.duration_s == pytest.approx(10, abs=0.1)


def test_a_comparison_is_bounded(workers):
    spoken = workers.fingerprint(wav(SOUND))
    limits = Limits(max_wait_seconds=0.1)
    with AudioWorkers(1).start() as pool:
        os.kill(process_ids(pool)[0], signal.SIGSTOP)
        with pytest.raises(TooMuchWork):
            pool.compare(spoken, [PackedPiece(0, spoken)], limits)
        assert pool.compare(spoken, [PackedPiece(0, spoken)]).missing == ()


def test_a_chunk_that_cannot_be_examined_has_a_finding():
    with AudioWorkers(1).start() as pool:
        os.kill(process_ids(pool)[0], signal.SIGSTOP)
        limits = Limits(max_wait_seconds=0.1)
        found = pool.diagnose(sample(media_types.MP3), media_types.MP3, "mp3", limits)
    assert (found.container, found.codes) == ("mp3", ("too_much_work",))


def test_processes_have_process_groups_of_their_own(workers):
    assert [os.getpgid(pid) for pid in process_ids(workers)] == process_ids(workers)


def test_a_server_without_standard_error_decodes_too():
    error = os.dup(2)
    os.close(2)
    try:
        with AudioWorkers(1) as pool:
            assert pool.split(sample(media_types.MP3), media_types.MP3)
    finally:
        os.dup2(error, 2)
        os.close(error)


def test_many_requests_share_two_processes(workers):
    async def many():
        data = sample(media_types.OGG_OPUS)
        return await asyncio.gather(
            *(workers.split_async([data], media_types.OGG_OPUS) for _ in range(8)),
            *(workers.diagnose_async([data], media_types.OGG_OPUS, "ogg") for _ in range(4)),
        )

    answers = asyncio.run(many())
    assert len({str(answer) for answer in answers[:8]}) == 1


def test_parts_are_joined_by_the_thread_that_processes_them(workers):
    joined_by = []

    class Parts:
        def __iter__(self):
            joined_by.append(threading.current_thread())
            yield sample(media_types.MP3)

    async def both():
        assert await workers.split_async(Parts(), media_types.MP3)
        assert (await workers.diagnose_async(Parts(), media_types.MP3, "mp3")).codec == "mp3"

    asyncio.run(both())
    assert len(joined_by) == 4  # once before to know how long they are
    assert threading.current_thread() not in joined_by[1::2]


def test_a_process_that_ended_is_replaced():
    with AudioWorkers(1).start() as pool:
        before = process_ids(pool)
        for process in pool._all:
            child = process._child
            assert child is not None
            child.kill()
            child.wait()
        assert pool.split(sample(media_types.MP3), media_types.MP3)
        assert process_ids(pool) != before


def test_a_recording_that_ends_two_processes_is_refused(monkeypatch):
    with AudioWorkers(1).start() as pool:
        pid = process_ids(pool)[0]
        os.kill(pid, signal.SIGSTOP)  # it receives the request, and then it is killed

        def write_and_kill(stream, message):
            write_message(stream, message)
            os.kill(pid, signal.SIGKILL)

        with monkeypatch.context() as patch:
            patch.setattr(decoding_process, "write_message", write_and_kill)
            with pytest.raises(WorkerLost, match="crashed"):
                pool.split(sample(media_types.MP3), media_types.MP3)
        assert pool.split(sample(media_types.MP3), media_types.MP3)


@pytest.mark.parametrize("name", ["split", "diagnose", "analyse", "assemble", "fingerprint"])
def test_a_recording_is_tried_again_after_its_process_was_killed(monkeypatch, name):
    data = (
        encode(SOUND, media_types.WAV, rate=48_000) if name[0] == "a" else sample(media_types.WAV)
    )
    with AudioWorkers(2).start() as pool:
        before = process_ids(pool)

        def kill_and_write(stream, message):
            children = [process._child for process in pool._processes if process._child]
            child = next(child for child in children if child.stdin is stream)
            if message[0] == name and child.pid in before:
                os.kill(child.pid, signal.SIGKILL)
                child.wait()
            write_message(stream, message)

        monkeypatch.setattr(decoding_process, "write_message", kill_and_write)
        if name == "diagnose":
            assert pool.diagnose(data, media_types.WAV, "wav").codes == ()
        elif name == "fingerprint":
            assert pool.fingerprint(data).duration_s
        else:
            assert pool.split(data, media_types.WAV)
        assert set(process_ids(pool)) != set(before)


def test_a_process_that_hangs_is_ended():
    with AudioWorkers(1).start() as pool:
        os.kill(process_ids(pool)[0], signal.SIGSTOP)
        with pytest.raises(TooMuchWork, match="busy"):
            pool.split(sample(media_types.MP3), media_types.MP3, Limits(max_wait_seconds=0.1))
        assert pool.split(sample(media_types.MP3), media_types.MP3)


def test_processor_time_is_bounded_in_code_that_checks_no_budget():
    # Blocks of 256 frames without a byte: reading them alone takes half a minute.
    entry = element(0xD7, 1) + element(0x83, 2) + element(0x86, b"A_OPUS")
    head = b"OpusHead\x01\x01" + bytes(9)
    tracks = element(0x1654AE6B, element(0xAE, entry + element(0x63A2, head)))
    blocks = b"\xa3\x85\x81\0\0\x04\xff" * 1_400_000
    data = element(0x1A45DFA3, b"") + element(0x18538067, tracks + element(0x1F43B675, blocks))
    with AudioWorkers(1).start() as pool:
        for _ in range(2):
            with pytest.raises(TooMuchWork):
                pool.split(data, media_types.WEBM, Limits(max_work_seconds=0.1))
        assert pool.split(sample(media_types.MP3), media_types.MP3)


def test_an_incomplete_message_is_an_end_of_file():
    whole = io.BytesIO()
    write_message(whole, (True, bytes(1000)))
    with pytest.raises(EOFError):
        read_message(io.BytesIO(whole.getvalue()[:500]))


@pytest.mark.parametrize("step", ["write_message", "read_message"])
def test_a_pool_that_closes_during_a_request(monkeypatch, step):
    pool = AudioWorkers(1).start()
    original = getattr(decoding_process, step)

    def close_before(*arguments):
        pool._processes[0].end()
        return original(*arguments)

    monkeypatch.setattr(decoding_process, step, close_before)
    with pool, pytest.raises(WorkerLost):
        pool.split(sample(media_types.MP3), media_types.MP3)
