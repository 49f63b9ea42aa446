"""The vendor's page of June about the upload endpoint: nothing else is published there."""

from tests.contract.independent_server import Server


class Page(Server):
    """Has what an upload needs, and no other operation."""

    def at_root(self, path):
        return None, (), []

    def route(self, path):
        handler, arguments, methods = super().route(path)
        if handler not in (self.create, self.upload, self.end, self.session):
            return None, (), []
        return handler, arguments, ["GET", "HEAD"] if handler == self.session else methods
