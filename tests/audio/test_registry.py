"""The registry of container formats, and that the server loads no decoder with it."""

import subprocess
import sys

from scribe_mock.audio.containers.container import Container
from scribe_mock.audio.containers.registry import CONTAINERS, load_container
from scribe_mock.audio.media_types import MEDIA_TYPES


def test_every_entry_has_a_module():
    found = {name: load_container(name) for name in CONTAINERS}
    assert [name for name, loaded in found.items() if not isinstance(loaded, Container)] == []


def test_containers_are_those_of_the_supported_types():
    assert {one.container for one in MEDIA_TYPES.values()} == set(CONTAINERS)


def test_the_server_imports_no_decoder_at_start():
    program = (
        "import sys; from scribe_mock import create_app; create_app();"
        "print({'av', 'earshot', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
