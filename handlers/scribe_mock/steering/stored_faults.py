"""Faults as plain data, so that another server can have the same ones with their counts."""

import fnmatch
import re
from collections.abc import Mapping
from typing import Any

from scribe_mock.sessions.scopes import Scope
from scribe_mock.steering.actions import action_of
from scribe_mock.steering.fault import Fault, Match


def stored_form(fault: Fault) -> Mapping[str, Any]:
    """A fault as plain data."""
    return {
        "session_id": fault.scope.session_id,
        "scope_owner": fault.scope.owner,
        "owner": fault.owner,
        "token_start": fault.token_start,
        "operations": sorted(fault.match.operations),
        "seed": fault.seed,
        "given": fault.given,
        "number": fault.number,
        "matched": fault.matched,
        "fired": fault.fired,
    }


def stored_fault(fault_id: str, form: Mapping[str, Any]) -> Fault:
    """The fault of a `stored_form`."""
    given = form["given"]
    match = given["match"]
    pattern = match.get("file_name")
    [(action, fields)] = given["action"].items()
    return Fault(
        fault_id=fault_id,
        scope=Scope(form["session_id"], form["scope_owner"]),
        owner=form["owner"],
        token_start=form["token_start"],
        match=Match(
            frozenset(form["operations"]),
            match.get("sequence"),
            None if pattern is None else re.compile(fnmatch.translate(pattern)),
            match.get("upload_type"),
        ),
        after=given["after"],
        times=given["times"],
        probability=given.get("probability"),
        seed=form["seed"],
        action=action_of(action, fields),
        given=given,
        number=form["number"],
        matched=form["matched"],
        fired=form["fired"],
    )
