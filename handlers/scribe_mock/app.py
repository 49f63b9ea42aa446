"""The whole mock as one ASGI app: the parts of a server behind their paths."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from functools import cache, partial
from typing import Any, cast
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from a2wsgi import WSGIMiddleware
from starlette.types import ASGIApp

from scribe_mock.api.control.operations import Control
from scribe_mock.api.operations import Operations
from scribe_mock.parts import Parts
from scribe_mock.scenarios.reloading import FixtureReload
from scribe_mock.server.gateway import Gateway
from scribe_mock.server.observation import Observation
from scribe_mock.server.recorder import Recorder
from scribe_mock.server.request_log import RequestLog
from scribe_mock.server.same_site import SameSite
from scribe_mock.server.stack import Api
from scribe_mock.server.steering.streams import SteeredStreams
from scribe_mock.server.watching import Source, Watching
from scribe_mock.settings import Settings
from scribe_mock.spec import SpecFile, shipped
from scribe_mock.steering.shared_metrics import OwnPlace


def create_app(
    settings: Settings | None = None,
    *,
    validate_responses: bool = False,
    place: OwnPlace | None = None,
) -> ASGIApp:
    """Make a complete mock as an ASGI app; two apps share nothing.

    Args:
        settings: Without them, the defaults. `host` and `port` are not used here.
        validate_responses: Validate answers against the spec too; a wrong one becomes a 500.
        place: Where its figures are, if it is one of several processes.

    Raises:
        SpecError, FixtureError: a file named in the settings is missing or broken.
        SettingsError: the fixtures have no such scenario.
        StoreError: the store can't be used.
    """
    parts = Parts(settings or Settings(), place)
    apps = _apps(parts, validate_responses)

    async def load_spec(_: Collection[str]) -> None:
        loaded = SpecFile(parts.spec.path)
        made = await asyncio.to_thread(apps, loaded)
        with parts.documented.replacing(loaded):
            parts.fixture_faults.check()
        gateway.serve(made)

    sources = _sources(parts, load_spec)
    watching = Watching(sources, parts.problems, parts.store.changes.note)

    async def start() -> None:
        await parts.start()
        watching.start()
        observation.start()
        if place is not None:
            place.start(parts.metrics.samples)

    async def stop() -> None:
        await watching.stop()
        await parts.stop()
        await observation.stop()
        if place is not None:
            await place.stop()

    log = None if parts.settings.quiet else RequestLog()
    observation = Observation(parts.metrics, log)
    gateway = Gateway(
        apps(parts.spec),
        streams=SteeredStreams(parts.streams, parts.steering, parts.store),
        start=start,
        stop=stop,
        recorder=Recorder(parts.journal, parts.callers) if parts.journal.is_on else None,
        observation=observation,
        look=parts.backend.look,
    )
    return gateway


def _apps(parts: Parts, validate_responses: bool) -> Callable[[SpecFile], Mapping[str, ASGIApp]]:
    """Makes the apps of a server by the prefixes of their paths, for a spec."""
    build = partial(
        Api,
        accepted=parts.settings.token,
        tokens=parts.tokens,
        validate_responses=validate_responses,
    )
    operations = Operations(parts.services)
    control = build(parts.control_spec, Control(parts.services), admission=None, steering=None)
    guarded_control = SameSite(control, parts.settings)

    def apps(spec: SpecFile) -> Mapping[str, ASGIApp]:
        admission = parts.store, parts.clocks
        api = build(spec, operations, admission=admission, steering=parts.steering)
        pages = _pages(spec, parts.control_spec, parts.settings)
        return {"": api, "/_mock": guarded_control, **pages}

    return apps


def _sources(parts: Parts, load_spec: Callable[[Collection[str]], Awaitable[None]]) -> list[Source]:
    """What to watch: the fixtures in use, and a spec that was named."""
    settings = parts.settings
    if not settings.watch:
        return []
    reload = FixtureReload(
        settings,
        parts.fixtures,
        parts.store,
        parts.seeder,
        parts.templates,
        parts.fixture_faults,
    )
    folder = settings.fixtures or shipped("fixtures")
    entries = {"audio", "faults.yaml", "scenarios", "sessions.yaml", "templates.yaml"}
    sources = [Source("fixtures", folder, frozenset(entries), reload.load)]
    if settings.spec is not None:
        name = frozenset({settings.spec.name})
        sources.append(Source("spec", settings.spec.parent, name, load_spec))
    return sources


def _pages(spec: SpecFile, control_spec: SpecFile, settings: Settings) -> dict[str, ASGIApp]:
    """The pages by the prefixes of their paths."""
    token = settings.token[0] if settings.token else None
    book = _in_threads(partial(_documentation, spec, control_spec, token))
    inspector = _in_threads(partial(_inspector, spec, control_spec))
    files = ("/fixtures/audio", "/openapi.yaml", "/_mock/control.yaml", "/_mock/client")
    return {"/_mock/ui": inspector, **dict.fromkeys(("/", "/docs", *files), book)}


def _documentation(spec: SpecFile, control_spec: SpecFile, token: str | None) -> WSGIApplication:
    from scribe_mock.web.docs.pages import create_pages

    return create_pages(spec, control_spec, token=token)


def _inspector(spec: SpecFile, control_spec: SpecFile) -> WSGIApplication:
    from scribe_mock.web.inspector.pages import create_inspector

    return create_inspector(spec, control_spec)


def _in_threads(make: Callable[[], WSGIApplication]) -> ASGIApp:
    """Flask's pages as an ASGI app with four threads; the pages only read files.

    The site is made at its first request, so that the server starts sooner.
    """
    made, making = cache(make), threading.Lock()

    def pages(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with making:
            site = made()
        return site(environ, start_response)

    return cast(ASGIApp, WSGIMiddleware(cast(Any, pages), workers=4))
