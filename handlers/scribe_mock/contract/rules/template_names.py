"""The templates that rules ask for: published ones, or the server's own in their place."""

from scribe_mock.contract.core.probe import Probe

#: Two templates that published documents name.
_PUBLISHED = ("eka_emr_template", "clinical_notes_template")


def templates(probe: Probe) -> list[str]:
    """Two templates that the server has; one if it has no more."""
    return list(dict.fromkeys(probe.template(name) for name in _PUBLISHED))
