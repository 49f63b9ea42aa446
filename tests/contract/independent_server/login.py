"""Login and refresh token."""

from starlette.responses import JSONResponse

from tests.contract.independent_server.bodies import Bodies


class Login(Bodies):
    async def login(self, call):
        body = await self.json(call)
        for name in ("client_id", "client_secret"):
            if not isinstance(body.get(name), str) or not body[name]:
                raise self.broken(f"$.{name}")
        for name in ("api_key", "sharing_key"):
            if not isinstance(body.get(name, "x"), str) or body.get(name) == "":
                raise self.broken(f"$.{name}")
        return JSONResponse(self.tokens())

    def tokens(self):
        tokens = {"access_token": self.token or "t1", "refresh_token": "t2"}
        return tokens | {"expires_in": 60, "refresh_expires_in": 600}

    async def refresh(self, call):
        if not call.first("authorization"):
            raise self.no_token()
        body = await self.json(call)
        if not isinstance(body.get("access_token", "x"), str) or body.get("access_token") == "":
            raise self.broken("$.access_token")
        if not isinstance(body.get("refresh_token"), str) or not body["refresh_token"]:
            raise self.broken("$.refresh_token")
        return JSONResponse(self.tokens())
