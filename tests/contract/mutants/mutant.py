"""What a mutant is, and how a class becomes one."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import TypeVar

from tests.contract.independent_server import Server

#: Seconds for which a server with a race lets other requests in: longer than any pause of a busy
#: machine.
GAP = 0.3
#: Seconds of processing where a client must see a session before it is processed.
LONG = 60.0
#: The attribute of a class that says what is wrong with it.
MARK = "mutant"

S = TypeVar("S", bound=type[Server])


@dataclass(frozen=True)
class Mutant:
    """A server with one fault.

    Args:
        server: Its class.
        rules: Patterns of rule ids; a finding must name a rule for each of them.
        note: Whether only inferred rules forbid the fault, so that the run still passes.
        only: More rules to run; by default those of `rules`, and `server`.
    """

    server: type[Server]
    rules: tuple[str, ...]
    note: bool
    only: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.server.__name__


class Accepted(Exception):
    """Raised instead of a refusal by a server that accepts what it should refuse."""


def mutant(*rules: str, note: bool = False, only: Iterable[str] = ()) -> Callable[[S], S]:
    """A decorator: this server breaks a binding rule."""

    def register(server: S) -> S:
        setattr(server, MARK, Mutant(server, rules, note, tuple(only)))
        return server

    return register


def note(*rules: str, only: Iterable[str] = ()) -> Callable[[S], S]:
    """A decorator: this server breaks an inferred rule, which is worth a note."""
    return mutant(*rules, note=True, only=only)


def mutants_of(module: ModuleType) -> Iterator[Mutant]:
    """The mutants that a module defines, in order."""
    for found in vars(module).values():
        if isinstance(found, type) and found.__module__ == module.__name__:
            yield from (value for name, value in vars(found).items() if name == MARK)
