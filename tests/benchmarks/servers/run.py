"""How every baseline is run: one worker, uvloop and httptools, no access log."""

import sys
from typing import Any

import uvicorn


def run(app: Any) -> None:
    """Serve one app on the port that the command line names."""
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
    )
