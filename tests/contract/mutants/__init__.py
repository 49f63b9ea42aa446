"""Servers with one fault each, as real servers have them, and the rules that must name it.

One module a group of rules, as in `scribe_mock.contract.rules`.
"""

from tests.contract.mutants import (
    access,
    answers,
    creating,
    discovery,
    documents,
    errors,
    paths,
    progress,
    recordings,
    records,
    sessions,
    states,
    storing,
    streams,
    templates,
    together,
    transcripts,
    upload_formats,
    upload_limits,
    upload_names,
    upload_order,
    upload_rows,
    webhooks,
)
from tests.contract.mutants.mutant import Mutant, mutants_of

_MODULES = (
    upload_limits,
    upload_formats,
    upload_names,
    upload_rows,
    upload_order,
    storing,
    states,
    progress,
    together,
    errors,
    paths,
    access,
    creating,
    answers,
    sessions,
    discovery,
    streams,
    templates,
    documents,
    transcripts,
    recordings,
    records,
    webhooks,
)

MUTANTS = tuple(mutant for module in _MODULES for mutant in mutants_of(module))

__all__ = ["MUTANTS", "Mutant"]
