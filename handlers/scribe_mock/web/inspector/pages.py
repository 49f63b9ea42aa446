"""The inspector's pages, as a Flask app.

Their scripts get all data from the control API (`web.site` says why). So the session in a page's
address need not exist, and the id in the address is the only text of a client in a template.
"""

from pathlib import Path
from typing import Any

from flask import render_template

from scribe_mock.sample_audio import sample_names
from scribe_mock.spec import SpecFile
from scribe_mock.steering.documented import Documented
from scribe_mock.steering.reading import DELIVERY, STREAM
from scribe_mock.web.inspector.fault_form import fault_form
from scribe_mock.web.navigation import DOCUMENTATION, INSPECTOR
from scribe_mock.web.site import SHARED_ASSETS, Site, allow_requests_to, style_nonce

_HERE = Path(__file__).parent


def create_inspector(spec: SpecFile, control_spec: SpecFile) -> Site:
    """The pages under `/_mock/ui`.

    Args:
        spec: The contract that is served; forms offer its operations and codes.
        control_spec: The control API's; the form for faults is made from it.
    """
    site = Site(__name__, _HERE)
    documented = Documented(spec)
    operations = [*documented.operations, STREAM, DELIVERY]
    form = fault_form(control_spec.document())

    @site.get("/_mock/ui")
    def sessions() -> str:
        return _show("sessions.html", "sessions")

    @site.get("/_mock/ui/sessions/<session_id>")
    def session(session_id: str) -> str:
        nonce, recordings = style_nonce(), sample_names()
        return _show(
            "session.html", "sessions", session_id=session_id, nonce=nonce, recordings=recordings
        )

    @site.get("/_mock/ui/requests")
    def requests() -> str:
        return _show("requests.html", "requests", operations=operations)

    @site.get("/_mock/ui/requests/<request_id>")
    def request(request_id: str) -> str:
        return _show("request.html", "requests", request_id=request_id)

    @site.get("/_mock/ui/faults")
    def faults() -> str:
        codes = sorted(documented.codes)
        return _show("faults.html", "faults", form=form, operations=operations, codes=codes)

    @site.get("/_mock/ui/webhooks")
    def webhooks() -> str:
        return _show("webhooks.html", "webhooks")

    @site.get("/_mock/ui/examine")
    def examine() -> str:
        return _show("examine.html", "examine")

    @site.get("/_mock/ui/record")
    def recorder() -> str:
        # The recorder works with any base URL, so this page may send requests to any host.
        allow_requests_to("http: https: ws: wss:")
        return _show("record.html", "recorder")

    site.add_assets("/_mock/ui/assets", _HERE / "assets", SHARED_ASSETS)
    return site


def _show(template: str, here: str, **more: Any) -> str:
    """A page of the inspector."""
    return render_template(
        template,
        here=here,
        home="/",
        navigation=[
            {"name": entry.name, "label": entry.label, "href": entry.path}
            for entry in DOCUMENTATION + INSPECTOR
        ],
        asset=lambda name: f"/_mock/ui/assets/{name}",
        **more,
    )
