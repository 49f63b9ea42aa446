"""The baselines: the same upload in a stock Connexion AsyncApp, in Starlette and in bare ASGI."""
