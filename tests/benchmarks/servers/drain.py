"""The floor: a bare ASGI app that reads the body to its end and keeps the parts as they came."""

from typing import Any

from tests.benchmarks.servers.run import run

stored: dict[str, list[bytes]] = {}


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Keep the body under its path and answer a fixed JSON object."""
    if scope["type"] != "http":
        return
    parts = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    if scope["method"] == "POST":
        stored[scope["path"]] = parts
    headers = [(b"content-type", b"application/json"), (b"content-length", b"16")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"success":true}'})


if __name__ == "__main__":
    run(app)
