"""Makes `scribe-mock serve` start in less time, for a process that only serves.

Connexion imports HTTP clients at start that serving never uses, and Python's garbage collector runs
often while nearly everything that is made stays. Without this the start takes a third longer.
"""

import gc
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

#: With these Connexion would fetch references and token information from other hosts.
_HTTP_CLIENTS = ("httpx", "requests")
#: Connexion's own test client is a class of this module.
_TEST_CLIENT = "starlette.testclient"


@contextmanager
def quick_start() -> Iterator[None]:
    """Import Connexion without what it does not need, and collect no garbage meanwhile.

    What exists at the end lives as long as the process, so the collector never looks at it again.
    """
    gc.disable()
    placeholders = [_LoadedWhenUsed(name) for name in _HTTP_CLIENTS]
    placeholders.append(_LoadedWhenUsed(_TEST_CLIENT, TestClient=_NoTestClient))
    for module in placeholders:
        sys.modules.setdefault(module.__name__, module)
    try:
        yield
    finally:
        for module in placeholders:
            module.step_aside()
        gc.freeze()
        gc.enable()


class _LoadedWhenUsed(ModuleType):
    """Stands for a module until one of its names is used, and loads it then.

    `importlib.util.LazyLoader` would load it at the second import already.
    """

    def __init__(self, name: str, **names: Any) -> None:
        super().__init__(name)
        self.__dict__.update(names)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self.step_aside()
        return getattr(importlib.import_module(self.__name__), name)

    def step_aside(self) -> None:
        """Let the next import of this name find the real module."""
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]


class _NoTestClient:
    """Stands for the base of Connexion's test client."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise NotImplementedError("Connexion's test client is not available in scribe-mock serve.")
