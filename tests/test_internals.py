"""The private names of uvicorn and Connexion that the program uses exist in these versions."""

import ast
import inspect
import re

import uvicorn
from connexion import ConnexionMiddleware
from connexion.middleware import abstract, main, routing
from connexion.spec import OpenAPISpecification
from uvicorn.protocols.http import flow_control, httptools_impl
from uvicorn.protocols.websockets import websockets_sansio_impl

from tests.support import ROOT

SERVER = ROOT / "handlers" / "scribe_mock" / "server"
FENCES = {"uvicorn_internals", "connexion_internals"}

#: Owner → the names of it that `uvicorn_internals` and `connexion_internals` use.
NAMES = {
    httptools_impl.HttpToolsProtocol: (
        "cycle expect_100_continue flow headers parser pipeline url loop transport _should_upgrade "
        "_start_asgi_task timeout_keep_alive timeout_keep_alive_handler send_400_response "
        "on_response_complete shutdown"
    ),
    httptools_impl.RequestResponseCycle: (
        "body default_headers disconnected flow keep_alive message_event more_body "
        "response_complete response_started scope send transport on_response"
    ),
    flow_control.FlowControl: "pause_reading read_paused write_paused",
    flow_control: "HIGH_WATER_LIMIT",
    httptools_impl: "HEADER_VALUE_RE STATUS_LINE",
    websockets_sansio_impl.WebSocketsSansIOProtocol: (
        "conn handle_connect handle_events handle_parser_exception handle_ping handshake_complete "
        "scope transport"
    ),
    uvicorn.Server: "server_state lifespan servers _captured_signals",
    main: "API",
    ConnexionMiddleware: "apis options middleware_stack _build_middleware_stack",
    abstract.RoutedMiddleware: "apis",
    abstract.RoutedAPI: "operations",
    routing.RoutingMiddleware: "router",
    routing.RoutingOperation: "operation_id",
    OpenAPISpecification: "_validate_spec",
}


def has(owner, name):
    """Whether a class, one of its bases or a module defines a name, or its methods assign it."""
    if hasattr(owner, name):
        return True
    bases = [base for base in inspect.getmro(owner) if base is not object]
    return any(f"self.{name}" in inspect.getsource(base) for base in bases)


def fenced(path):
    """Whether a module may use private names."""
    return path.stem in FENCES or path.parent.name in FENCES


def test_every_private_name_exists():
    missing = [
        f"{owner.__name__}.{name}"
        for owner, names in NAMES.items()
        for name in names.split()
        if not has(owner, name)
    ]
    assert missing == []


def test_the_docstrings_of_the_fences_list_every_name():
    fences = [path for path in SERVER.rglob("*.py") if fenced(path)]
    told = "".join(ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "" for path in fences)
    listed = {name for names in NAMES.values() for name in names.split()}
    assert sorted(name for name in listed if name not in told) == []


def test_no_other_module_touches_private_names_of_others():
    # `self._name` and `cls._name` are a class's own.
    found = []
    for path in SERVER.rglob("*.py"):
        if not fenced(path):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                match node:
                    case ast.Attribute(value=ast.Name(id="self" | "cls")):
                        pass
                    case ast.Attribute() if re.match("_(?!_)", node.attr):
                        found.append(f"{path.name}:{node.lineno} {ast.unparse(node)}")
    assert found == []
