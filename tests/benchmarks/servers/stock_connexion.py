"""The upload in a stock Connexion AsyncApp, driven by the small spec beside this file."""

from pathlib import Path
from typing import Any

import connexion

from tests.benchmarks.servers.run import run

stored: dict[tuple[str, str], bytes] = {}


def accept(token: str) -> dict[str, str]:
    """Take any bearer token."""
    return {"sub": token}


async def upload(session_id: str, file_name: str, body: bytes) -> dict[str, Any]:
    """Keep the body under its session and name."""
    stored[session_id, file_name] = body
    return {"session_id": session_id, "success": True, "original_filename": file_name}


OPERATIONS = {"upload": upload}

app = connexion.AsyncApp(__name__, specification_dir=Path(__file__).parent)
app.add_api(
    "stock_connexion.yaml",
    resolver=connexion.Resolver(OPERATIONS.__getitem__),
)

if __name__ == "__main__":
    run(app)
