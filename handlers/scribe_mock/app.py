"""The one place where everything is wired together."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from functools import cache, partial
from typing import Any, cast
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from a2wsgi import WSGIMiddleware
from starlette.types import ASGIApp

from scribe_mock.api.callers import Callers
from scribe_mock.api.control.operations import Control
from scribe_mock.api.operations import Operations
from scribe_mock.api.resets import Resets
from scribe_mock.api.services import Services
from scribe_mock.api.signed_addresses import SignedAddresses
from scribe_mock.api.stream import Streams
from scribe_mock.audio.examination import Examiner
from scribe_mock.audio.limits import Limits
from scribe_mock.scenarios.fixture_faults import FixtureFaults
from scribe_mock.scenarios.fixtures import load_fixtures
from scribe_mock.scenarios.reloading import FixtureReload, LoadProblems
from scribe_mock.scenarios.seeding import Seeder
from scribe_mock.server.gateway import Gateway
from scribe_mock.server.recorder import Recorder
from scribe_mock.server.request_log import RequestLog
from scribe_mock.server.same_site import SameSite
from scribe_mock.server.stack import Api
from scribe_mock.server.steering.requests import SteeredRequests
from scribe_mock.server.steering.streams import SteeredStreams
from scribe_mock.server.watching import Source, Watching
from scribe_mock.sessions.alarm import Alarm
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.tokens import Tokens
from scribe_mock.settings import Settings
from scribe_mock.spec import SpecFile, shipped
from scribe_mock.steering.documented import Documented
from scribe_mock.steering.faults import Faults
from scribe_mock.steering.held import Held
from scribe_mock.steering.journal import Journal
from scribe_mock.steering.reading import FaultReader
from scribe_mock.store.memory import MemoryStore
from scribe_mock.store.templates import Templates
from scribe_mock.webhooks.webhooks import Webhooks


def create_app(settings: Settings | None = None, *, validate_responses: bool = False) -> ASGIApp:
    """Make a complete mock as an ASGI app; two apps share nothing.

    Args:
        settings: Without them, the defaults. `host` and `port` are not used here.
        validate_responses: Validate answers against the spec too; a wrong one becomes a 500.

    Raises:
        SpecError, FixtureError: a file named in the settings is missing or broken.
        SettingsError: the fixtures have no such scenario.
    """
    settings = settings or Settings()
    spec = SpecFile(settings.spec or shipped("openapi.yaml"))
    control_spec = SpecFile(shipped("control.yaml"))
    clocks = Clocks()
    fixtures = load_fixtures(settings.fixtures, settings.scenario, settings.max_memory)
    journal = Journal(settings.journal_size, clocks)
    store = MemoryStore(clocks, settings.max_memory, journal.digests.let_go)
    journal.watch(store.changes.note)
    seeder = Seeder(settings, clocks, store, fixtures)
    templates = Templates(store, fixtures.templates, seeder.owner)
    tokens, alarm = Tokens(clocks), Alarm(clocks)
    callers = Callers(tokens)
    documented = Documented(spec)
    faults, held = Faults(), Held()
    store.changes.watch(faults.session_changed)
    reader = FaultReader(documented, store, callers.of_text)
    steering = SteeredRequests(faults, held, documented, store, tokens, callers, clocks)
    build = partial(
        Api, accepted=settings.token, tokens=tokens, validate_responses=validate_responses
    )
    limits = Limits(settings.max_audio_seconds, settings.max_audio_work)
    examiner = Examiner(store, limits, strict=settings.strict_audio)
    streams = Streams(store, clocks, alarm, examiner)
    webhooks = Webhooks(clocks, alarm, store, faults, journal)
    # After the webhooks: they are to know that a session is gone before its clock goes, too.
    store.changes.watch(clocks.session_changed)
    fixture_faults = FixtureFaults(settings.fixtures, fixtures, seeder.owner, reader, faults)
    resets = Resets(
        store,
        [webhooks, streams, clocks, templates, fixture_faults, held, tokens],
        journal=journal,
        seeder=seeder,
        templates=templates,
        webhooks=webhooks,
    )
    problems = LoadProblems()
    services = Services(
        settings,
        clocks,
        store,
        fixtures,
        seeder,
        examiner,
        streams,
        templates,
        tokens,
        callers,
        SignedAddresses(),
        webhooks,
        faults,
        held,
        reader,
        journal,
        problems,
        resets,
    )
    operations = Operations(services)
    control = build(control_spec, Control(services), admission=None, steering=None)
    guarded_control = SameSite(control, settings)

    def apps(spec: SpecFile) -> Mapping[str, ASGIApp]:
        api = build(spec, operations, admission=(store, clocks), steering=steering)
        return {"": api, "/_mock": guarded_control, **_pages(spec, control_spec, settings)}

    async def load_spec(_: Collection[str]) -> None:
        loaded = SpecFile(spec.path)
        made = await asyncio.to_thread(apps, loaded)
        with documented.replacing(loaded):
            fixture_faults.check()
        gateway.serve(made)

    fixture_reload = FixtureReload(settings, fixtures, store, seeder, templates, fixture_faults)
    watching = Watching(
        _sources(settings, fixture_reload.load, load_spec), problems, store.changes.note
    )

    async def start() -> None:
        await resets.plant()
        watching.start()

    async def stop() -> None:
        await watching.stop()
        await webhooks.stop()
        alarm.clear()
        await examiner.close()

    gateway = Gateway(
        apps(spec),
        streams=SteeredStreams(streams, steering, store),
        start=start,
        stop=stop,
        recorder=Recorder(journal, callers) if journal.is_on else None,
        log=None if settings.quiet else RequestLog(),
    )
    return gateway


def _sources(
    settings: Settings,
    load_fixtures: Callable[[Collection[str]], Awaitable[None]],
    load_spec: Callable[[Collection[str]], Awaitable[None]],
) -> list[Source]:
    """What to watch: the fixtures in use, and a spec that was named."""
    if not settings.watch:
        return []
    folder = settings.fixtures or shipped("fixtures")
    entries = {"audio", "faults.yaml", "scenarios", "sessions.yaml", "templates.yaml"}
    sources = [Source("fixtures", folder, frozenset(entries), load_fixtures)]
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
