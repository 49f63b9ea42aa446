"""The list of pages, in the order of the navigation.

A new page needs one more entry here and a template.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One page in the navigation: its name, its label, and its path."""

    name: str
    label: str
    path: str


#: The documentation's pages; `path` is the address on a server, `name` the file in an export.
DOCUMENTATION = (
    Entry("index", "Reference", "/docs"),
    Entry("errors", "Errors", "/docs/errors"),
    Entry("guides", "Guides", "/docs/guides"),
    Entry("control", "Control API", "/docs/control"),
)

#: The guides, in the order in which they are best read.
GUIDES = (
    Entry("flow", "The flow", "/docs/flow"),
    Entry("recording", "Recording in the browser", "/docs/recording"),
    Entry("clients", "What your client sends", "/docs/clients"),
    Entry("retries", "Retries and idempotence", "/docs/retries"),
    Entry("limits", "Limits", "/docs/limits"),
    Entry("polling", "Polling", "/docs/polling"),
    Entry("streaming", "Streaming", "/docs/streaming"),
    Entry("make-it-fail", "Make it fail", "/docs/make-it-fail"),
    Entry("side-by-side", "Tests side by side", "/docs/side-by-side"),
    Entry("arrived", "What really arrived", "/docs/arrived"),
    Entry("examine-your-client", "Examine your client", "/docs/examine-your-client"),
)

#: Pages that need a running mock.
INSPECTOR = (
    Entry("sessions", "Sessions", "/_mock/ui"),
    Entry("requests", "Requests", "/_mock/ui/requests"),
    Entry("faults", "Faults", "/_mock/ui/faults"),
    Entry("webhooks", "Webhooks", "/_mock/ui/webhooks"),
    Entry("examine", "Examine", "/_mock/ui/examine"),
    Entry("recorder", "Recorder", "/_mock/ui/record"),
)
