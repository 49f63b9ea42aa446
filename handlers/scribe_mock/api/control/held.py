"""The operations of the control API on held requests."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from scribe_mock.api.answers import JsonAnswer
from scribe_mock.api.control.scoping import scope_of_list
from scribe_mock.api.services import OperationGroup
from scribe_mock.errors import InvalidBody
from scribe_mock.sessions.clock import rfc3339
from scribe_mock.steering.held import Refusal


class HeldControl(OperationGroup):
    """The operations with the tag lock-step."""

    async def list_held(
        self, request: Request, session_id: str | None = None, token: str | None = None
    ) -> JsonAnswer:
        """Answer with the requests that wait, the oldest first."""
        scope = scope_of_list(self._services, token, session_id)
        found = await self._services.lock_step.listed(scope)
        return JsonAnswer(
            {
                "held": [
                    {
                        "request_id": held.request_id,
                        "operation": held.operation,
                        "session_id": held.session_id,
                        "sequence": held.sequence,
                        "held_since": rfc3339(held.since),
                    }
                    for held in found
                ]
            }
        )

    async def release_in_order(self, request: Request, body: Mapping[str, Any]) -> JsonAnswer:
        """Release requests, each after the one before was answered."""
        seconds = body.get("wait_seconds", 10)
        await self._services.lock_step.release_in_order(body["order"], seconds)
        return JsonAnswer({"released": body["order"]})

    async def release_held(self, request: Request, request_id: str) -> JsonAnswer:
        """Let one request go on."""
        await self._services.lock_step.release(request_id)
        return JsonAnswer({"released": [request_id]})

    async def refuse_held(
        self, request: Request, request_id: str, body: Mapping[str, Any]
    ) -> JsonAnswer:
        """Answer one request with an error; 503 if nothing else is said."""
        status, code = body.get("status"), body.get("code")
        known = self._services.fault_reader.knows_code
        if status is None and code is not None and not known(code):
            raise InvalidBody(
                f"The code {code!r} is none of the API's, so say the status too.", path="$.status"
            )
        refusal = Refusal(
            503 if code is None and status is None else status, code, body.get("message")
        )
        await self._services.lock_step.release(request_id, refusal)
        return JsonAnswer({"refused": [request_id]})
