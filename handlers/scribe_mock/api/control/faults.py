"""The operations of the control API on faults."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from scribe_mock.api.answers import JsonAnswer
from scribe_mock.api.control.scoping import scope_of_list
from scribe_mock.api.services import OperationGroup
from scribe_mock.steering.fault import Fault


class FaultControl(OperationGroup):
    """The operations with the tag faults."""

    async def list_faults(
        self,
        request: Request,
        session_id: str | None = None,
        token: str | None = None,
        unfired: str = "false",
    ) -> JsonAnswer:
        """Answer with the faults of a scope, the oldest first."""
        found = self._services.faults.listed(scope_of_list(self._services, token, session_id))
        if unfired == "true":
            found = [fault for fault in found if not fault.fired]
        return JsonAnswer({"faults": [set_fault(fault) for fault in found]})

    async def add_fault(self, request: Request, body: Any) -> JsonAnswer:
        """Set a fault."""
        fault = await self._services.fault_reader.read(body)
        async with self._services.sharing.changing():
            added = self._services.faults.add(fault)
        self._services.store.changes.note()
        return JsonAnswer(set_fault(added), 201)

    async def remove_faults(
        self, request: Request, session_id: str | None = None, token: str | None = None
    ) -> Response:
        """Remove the faults of a scope."""
        scope = scope_of_list(self._services, token, session_id)
        async with self._services.sharing.changing():
            self._services.faults.forget(scope)
        self._services.store.changes.note()
        return Response(status_code=204)

    async def remove_fault(self, request: Request, fault_id: str) -> Response:
        """Remove one fault."""
        async with self._services.sharing.changing():
            self._services.faults.remove(fault_id)
        self._services.store.changes.note()
        return Response(status_code=204)


def set_fault(fault: Fault) -> dict[str, Any]:
    """The JSON form of a fault; of a token it has the start and the digest."""
    scope: dict[str, Any] = {}
    if fault.scope.session_id is not None:
        scope["session_id"] = fault.scope.session_id
    elif fault.scope.owner is not None:
        scope |= {"token_start": fault.token_start, "token_sha256": fault.scope.owner}
    return {
        "id": fault.fault_id,
        **({"scope": scope} if scope else {}),
        **fault.given,
        "matched": fault.matched,
        "fired": fault.fired,
    }
