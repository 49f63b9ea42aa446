"""The way of a request, one station a module.

`gateway` → `routing` → `security` → `admission` → `validation` → `dispatch` → the operation. The
order is the contract's: path, method, token, session, state, then the rest of the request. All but
the gateway are Connexion's middlewares, subclassed so that what is known at start-up is built then.
"""

import warnings

with warnings.catch_warnings():
    # Connexion imports Starlette's test client, which warns about the HTTP client it is built on.
    warnings.simplefilter("ignore")
    import connexion  # noqa: F401
