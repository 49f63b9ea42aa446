"""The upload in bare Starlette: one route, the whole body, a dict, a JSON answer."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.benchmarks.servers.run import run

stored: dict[tuple[str, str], bytes] = {}


async def upload(request: Request) -> JSONResponse:
    """Keep the body under its session and name."""
    session_id = request.path_params["session_id"]
    file_name = request.path_params["file_name"]
    stored[session_id, file_name] = await request.body()
    return JSONResponse({"session_id": session_id, "success": True, "original_filename": file_name})


PATH = "/voice/v1/sessions/{session_id}/audio/{file_name}"
app = Starlette(routes=[Route(PATH, upload, methods=["POST"])])

if __name__ == "__main__":
    run(app)
