"""The soak in its short form: everything is asked for, too little time to judge memory by 3 %."""

from collections import Counter
from typing import Any

import pytest

from tests.benchmarks.soaking.__main__ import Soak, main


def test_a_short_soak_leaves_the_server_as_it_was(capsys):
    code = main(["--seconds", "12", "--tolerance", "0.25"])
    said = capsys.readouterr().out
    assert code == 0, said
    assert int(said.split()[0]) > 300


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ({"unasked": Counter({"record: Unasked: 500": 2})}, "not asked for, 2 times"),
        ({"sizes": [100, 100, 104]}, "memory grew"),
        ({"descriptors": (18, 20)}, "2 file descriptors"),
    ],
)
def test_what_is_broken_is_told(what, words):
    sound: dict[str, Any] = {"sizes": [90, 100, 102], "descriptors": (18, 18)}
    assert Soak(1, **sound).broken(0.03) == []
    [told] = Soak(1, **sound | what).broken(0.03)
    assert words in told
