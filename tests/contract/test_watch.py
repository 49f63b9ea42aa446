"""What a run remembers of the answers it saw."""

from scribe_mock.contract.core.watch import Watch
from scribe_mock.contract.transport.address import Origin
from scribe_mock.contract.transport.message import Answer, Request

REQUEST = Request(
    origin=Origin("http", "127.0.0.1", 80),
    method="GET",
    target="/.well-known/medscribealliance",
    operation="getDiscovery",
)


def test_faults_of_one_answer_are_never_told_of_the_next():
    watch = Watch()
    for _ in range(20):
        # No name holds the answer: the next one may get its place in memory.
        assert watch.violations(Answer(request=REQUEST, status=200, body=b"[]"))
        assert watch.violations(Answer(request=REQUEST, status=404, body=b"[]")) == []


def test_what_is_no_number_in_json_is_no_json():
    for body in (b'{"audio_files_received": NaN}', b"[Infinity]", b"-Infinity"):
        assert Answer(request=REQUEST, status=200, body=body).json() is None
