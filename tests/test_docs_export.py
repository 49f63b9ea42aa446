"""`scribe-mock docs`: files that need no server and no network."""

import re
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    output = tmp_path_factory.mktemp("docs") / "site"
    done = scribe_mock("docs", "--output", str(output))
    assert done.stdout == f"Open {output / 'index.html'} in a browser.\n"
    return output


def scribe_mock(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "scribe_mock", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_export_is_at_most_6_mb(folder):
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) <= 6_000_000


def test_every_link_leads_to_a_file_of_the_export(folder):
    pages = list(folder.glob("*.html"))
    assert len(pages) == 15
    for page in pages:
        for target in re.findall(r'(?:href|src)="([^"#]+)', page.read_text("utf-8")):
            assert (folder / target).is_file(), f"{page.name} links to {target}"


def test_what_is_vendored_says_its_version_and_licence(folder):
    vendored = folder / "assets" / "swagger-ui"
    assert re.search(r"Version: \d+\.\d+\.\d+", (vendored / "README.md").read_text())
    assert (vendored / "LICENSE").stat().st_size > 1000


def test_a_folder_that_cannot_be_made_is_told():
    done = scribe_mock("docs", "--output", "/dev/null/site")
    assert done.returncode == 2
    assert "--output" in done.stderr


@pytest.mark.parametrize("text", ["openapi: [", "openapi: 3.0.3\ninfo: x\npaths: {}\n"])
def test_a_broken_spec_is_told(tmp_path, text):
    broken = tmp_path / "openapi.yaml"
    broken.write_text(text)
    done = scribe_mock("docs", "--output", str(tmp_path / "site"), "--spec", str(broken))
    assert done.returncode == 4


def test_the_spec_of_another_api_is_told_and_nothing_is_written(tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text(
        "openapi: 3.0.3\ninfo: {title: Other, version: '1'}\n"
        "paths: {/a: {get: {operationId: a, responses: {'200': {description: Fine.}}}}}\n"
    )
    output = tmp_path / "site"
    done = scribe_mock("docs", "--output", str(output), "--spec", str(other))
    assert done.returncode == 4
    assert len(done.stderr.splitlines()) == 1
    assert str(other) in done.stderr
    assert not output.exists()
