"""Faults of the discovery document."""

from tests.contract.independent_server import Server
from tests.contract.mutants.mutant import mutant, note


@mutant("auth.discovery")
class DiscoveryNeedsAToken(Server):
    async def discovery(self, call):
        self.authorize(call)
        return await super().discovery(call)


@mutant("discovery.formats_work")
class DiscoveryListsFlac(Server):
    def advertised_formats(self):
        return [*self.types, "audio/flac"]


@mutant("discovery.methods_work")
class DiscoveryListsWhatIsRefused(Server):
    upload_types = ("chunked", "single")

    def advertised_methods(self):
        return ["chunked", "single", "stream"]


@mutant("discovery.methods_all")
class DiscoveryHidesSingle(Server):
    def advertised_methods(self):
        return ["chunked", "stream"]


@mutant("discovery.cached")
class DiscoveryIsNotCached(Server):
    max_age = "no-store"


@mutant("discovery.base_url")
class DiscoveryPointsElsewhere(Server):
    def described(self, host):
        found = super().described(host)
        found["endpoints"]["base_url"] = f"{host}/api/v2"
        return found


@note("answers.fields", only=["discovery.cached"])
class DiscoveryWithoutModels(Server):
    def described(self, host):
        found = super().described(host)
        del found["models"]
        return found
