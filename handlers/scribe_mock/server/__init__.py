"""How a request gets in: one middleware a module.

`gateway` → `routing` → `security` → `admission` → `validation` → `dispatch` → the operation.
The order is the contract's (CONTRACT.md, "Order of checks"): path, method, token, session, state,
then the rest of the request. All but the gateway are Connexion's middlewares, subclassed so that
what is known at start is built at start.
"""

import warnings

with warnings.catch_warnings():
    # Connexion imports Starlette's test client, which warns about the HTTP client it is built on.
    warnings.simplefilter("ignore")
    import connexion  # noqa: F401
