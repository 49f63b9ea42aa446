"""The built wheel, installed into a fresh environment as a user would."""

import os
import re
import subprocess
import sys
import venv
import zipfile

import pytest

from tests.support import PATIENCE, ROOT, Mock, matched

PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "SCRIBE_MOCK_"))}


def run(*command):
    subprocess.run(command, env=CLEAN, check=True, capture_output=True, timeout=300)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--no-deps", "--no-build-isolation", "--wheel-dir", folder]
    run(*PIP, "wheel", *options, ROOT)
    return next(folder.glob("scribe_mock-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Where the programs of a fresh environment are, with the versions of requirements.lock."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    pins = re.findall(r"^\S+==[^\\\n]+", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    (folder / "pins.txt").write_text("\n".join(pins))
    programs = folder / "bin"
    options = ["--no-compile", "--constraint", folder / "pins.txt"]
    run(*PIP, "--python", programs / "python", "install", *options, wheel)
    return programs


def test_the_wheel_has_all_that_it_serves_and_nothing_else(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    needed = [
        "openapi.yaml",
        "CONTRACT.md",
        "control.yaml",
        "py.typed",
        "client/scribe-mock.mjs",
        "client/scribe-mock-playwright.d.mts",
        "web/docs/templates/errors.html",
        "web/inspector/assets/recorder.js",
        "web/assets/session-client.js",
        "web/templates/frame.html",
        "fixtures/sessions.yaml",
        "fixtures/scenarios/consultation.yaml",
        "fixtures/audio/speech.webm",
        "fixtures/audio/consultation.ogg",
    ]
    assert {f"scribe_mock/{name}" for name in needed} <= names
    assert {name.split("/")[0] for name in names if "dist-info" not in name} == {"scribe_mock"}
    assert not [name for name in names if "__pycache__" in name or "tests/" in name]


def test_the_wheels_spec_and_fixtures_are_the_repositorys(wheel):
    with zipfile.ZipFile(wheel) as archive:
        for name in ("openapi.yaml", "fixtures/sessions.yaml", "fixtures/audio/speech.webm"):
            assert archive.read(f"scribe_mock/{name}") == (ROOT / name).read_bytes()


def test_the_base_install_is_small(installed):
    # It serves and no more; see ARCHITECTURE.md, "Dependencies".
    packages = next(installed.parent.glob("lib/python3*/site-packages"))
    own = {"pip", "setuptools"}  # what a fresh environment has
    names = {path.name.partition("-")[0] for path in packages.glob("*.dist-info")} - own
    assert len(names) <= 49
    assert not names & {"schemathesis", "hypothesis", "pytest", "rich"}
    files = [path for path in packages.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files if path.parts[len(packages.parts)] not in own)
    assert size < 210e6


def test_without_the_extra_everything_but_the_check_works(installed, tmp_path):
    program = installed / "scribe-mock"

    def scribe_mock(*arguments):
        command = [program, *arguments]
        return subprocess.run(
            command, env=CLEAN, cwd=tmp_path, capture_output=True, text=True, check=False
        )

    refused = scribe_mock("check", "http://127.0.0.1:9/voice/v1")
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert "pip install 'scribe-mock[check]'" in refused.stderr
    assert refused.stderr.count("\n") == 1
    audio = scribe_mock("audio", ROOT / "fixtures/audio/speech.webm")
    assert (audio.returncode, audio.stderr) == (0, "")
    rules = scribe_mock("rules")
    assert (rules.returncode, rules.stderr) == (0, "")
    assert "upload.row.7.format" in rules.stdout


def test_the_wheel_serves_from_a_fresh_environment(installed, tmp_path):
    with subprocess.Popen(
        [installed / "scribe-mock", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=tmp_path,
        env=CLEAN,
    ) as process:
        try:
            said = next(line for line in process.stdout or () if "/voice/v1" in line)
            mock = Mock(matched(r"http://\S+?:[0-9]+", said))
            session = mock.create(scenario="partial")
            session.store("audio_0.webm", "audio_1.webm")
            assert session.process_to_the_end(sent=2).status_code == 206
            assert mock.client.get("/sessions/demo_session_recording").status_code == 202
            for path in ("/docs", "/openapi.yaml", "/_mock/control.yaml"):
                assert mock.bare.get(path).status_code == 200
            mock.close()
            process.terminate()
            assert process.wait(timeout=PATIENCE) == 0
        finally:
            process.kill()
