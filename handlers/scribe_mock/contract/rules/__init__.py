"""The rules of the contract, one module for each subject."""

from functools import cache

from scribe_mock.contract.core.rule import Rule, rules_of
from scribe_mock.contract.rules import (
    access,
    addresses,
    answers,
    browsers,
    creating,
    creating_bodies,
    disagreements,
    discovery,
    documents,
    error_bodies,
    fuzzing,
    history,
    login,
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
    updates,
    upload_formats,
    upload_limits,
    upload_names,
    upload_order,
    upload_rows,
    webhook_deliveries,
    webhooks,
)

_MODULES = (
    answers,
    addresses,
    error_bodies,
    disagreements,
    progress,
    upload_rows,
    upload_limits,
    upload_formats,
    upload_names,
    storing,
    upload_order,
    states,
    creating,
    creating_bodies,
    sessions,
    updates,
    access,
    paths,
    browsers,
    login,
    discovery,
    streams,
    transcripts,
    templates,
    documents,
    recordings,
    records,
    history,
    webhooks,
    webhook_deliveries,
    together,
    fuzzing,
)


@cache
def all_rules() -> tuple[Rule, ...]:
    """All rules, in the order in which reports list them."""
    return tuple(rule for module in _MODULES for rule in rules_of(module))
