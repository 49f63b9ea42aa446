"""Recipes for webhooks; see `recipe_list`."""

from typing import Any

from scribe_mock.contract.recipes.step import (
    NO_CRASH,
    NO_ROOM,
    NO_WAIT,
    NOT_JSON,
    TOO_LARGE,
    Recipe,
    Step,
    recipes_of,
)
from scribe_mock.paths import WEBHOOKS_PATH

_UNKNOWN = "wh_000000000000"
#: No server should tell anybody anything while a recipe is tried: nothing listens on port 9.
_HOOK = {"url": "http://localhost:9/hook", "events": ["session.expired"]}


def _register(**more: Any) -> Step:
    more = {"value": _HOOK} | more
    return Step(operation="registerWebhook", method="POST", path=WEBHOOKS_PATH, **more)


def _list(**more: Any) -> Step:
    return Step(operation="listWebhooks", method="GET", path=WEBHOOKS_PATH, **more)


def _delete(webhook: str = "{webhook}", **more: Any) -> Step:
    path = f"{WEBHOOKS_PATH}/{webhook}"
    return Step(operation="deleteWebhook", method="DELETE", path=path, **more)


WEBHOOK_RECIPES: tuple[Recipe, ...] = (
    *recipes_of(
        "registerWebhook",
        (201, "", (_register(),)),
        (400, "invalid_request", (_register(**NOT_JSON),)),
        (401, "token_expired", NO_WAIT),
        (401, "authentication_failed", (_register(token=False),)),
        (413, "request_too_large", (_register(**TOO_LARGE),)),
        (422, "invalid_request", (_register(value=_HOOK | {"events": ["session.paused"]}),)),
        (500, "internal_error", NO_CRASH),
        (503, "service_unavailable", NO_ROOM),
    ),
    *recipes_of(
        "listWebhooks",
        (200, "", (_list(),)),
        (401, "token_expired", NO_WAIT),
        (401, "authentication_failed", (_list(token=False),)),
        (500, "internal_error", NO_CRASH),
    ),
    *recipes_of(
        "deleteWebhook",
        (204, "", (_register(), _delete())),
        (401, "token_expired", NO_WAIT),
        (401, "authentication_failed", (_delete(_UNKNOWN, token=False),)),
        (404, "webhook_not_found", (_delete(_UNKNOWN),)),
        (500, "internal_error", NO_CRASH),
    ),
)
