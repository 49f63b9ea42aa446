"""`python -m scribe_mock` is `scribe-mock`."""

import sys

from scribe_mock.cli import main

sys.exit(main())
