"""The vendor's API reference of August: the whole API, with six audio types."""

from tests.contract.independent_server import Server


class Reference(Server):
    def __init__(self):
        super().__init__()
        self.types = [mime for mime in self.types if mime != "audio/ogg;codecs=opus"]

    def shown(self, session, state, call):
        found = super().shown(session, state, call)
        return found | {"templates": {}} if state == "expired" else found
