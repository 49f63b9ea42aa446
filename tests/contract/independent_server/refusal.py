"""An error that is answered."""


class Refusal(Exception):
    def __init__(self, status, code, message="No.", headers=None, **details):
        super().__init__(code)
        self.status, self.code, self.message = status, code, message
        self.headers, self.details = headers or {}, details
