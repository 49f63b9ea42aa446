"""One request."""


class Call:
    def __init__(self, scope, receive):
        self.scope, self.receive = scope, receive
        self.headers = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in scope["headers"]]

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name]

    def first(self, name):
        return next(iter(self.all(name)), None)

    async def parts(self):
        more = True
        while more:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ConnectionError
            yield message.get("body", b"")
            more = message.get("more_body", False)

    async def body(self):
        return b"".join([part async for part in self.parts()])

    def read_again(self, body):
        """Give this body to whoever reads the request next."""

        async def receive():
            return {"type": "http.request", "body": body}

        self.receive = receive
