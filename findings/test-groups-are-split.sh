#!/usr/bin/env bash
# A group of tests that pytest-xdist must keep in one process is split with pytest 9.2.
#
# What is surprising
#   Tests that share a costly thing (a browser with a microphone, a converted recording) get the
#   mark xdist_group, and --dist loadgroup keeps a group in one process. With pytest 9.2.0 and
#   pytest-xdist 3.8.0 the mark has no effect: a group of eight runs in both of two processes.
#   Nothing fails, and nothing is said; what the group shares is made once in each process, or
#   again and again. With pytest 9.1.1 the same xdist keeps the group together. xdist writes the
#   group's name into a private field of the test, which pytest 9.2 no longer reads; the package
#   says that it works with any pytest from 7.0.0 on, so pip installs the two side by side.
#
# Versions
#   pytest-xdist 3.8.0 with pytest 9.2.0, and with pytest 9.1.1.
#
# What one would expect
#   pytest-xdist's documentation, "Running tests across multiple CPUs": with --dist loadgroup tests
#   are grouped by the mark, and a group runs in one worker.
#
# Why it matters to users of an audio upload API
#   Browser tests of a recorder take half of their time to start a browser. And tests that
#   were put into a group since they use one server or one folder run at the same time and disturb
#   each other, so that they fail now and then.
#
# Exits 0 while this is so, and 1 with a sentence when it has changed. Needs python3 3.11 or newer.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir tests
cat >tests/test_group.py <<'PY'
import time
from pathlib import Path

import pytest


@pytest.mark.xdist_group("one browser")
@pytest.mark.parametrize("number", range(8))
def test_in_group(number, worker_id):
    time.sleep(0.2)
    Path(f"{worker_id}.ran").touch()
PY

processes_with() {
  python3 -m venv "venv-$1"
  "venv-$1/bin/pip" install -qq --disable-pip-version-check "pytest==$1" pytest-xdist==3.8.0
  rm -f ./*.ran
  "venv-$1/bin/pytest" -q -p no:cacheprovider -n 2 --dist loadgroup tests >out.txt 2>&1 || {
    cat out.txt
    exit 1
  }
  find . -name "*.ran" | wc -l
}

new=$(processes_with 9.2.0)
old=$(processes_with 9.1.1)
echo "processes that ran the group: $new with pytest 9.2.0, $old with pytest 9.1.1"
if [ "$new" -ne 2 ] || [ "$old" -ne 1 ]; then
  echo "The group is split no more, or is split with the older pytest too."
  exit 1
fi
