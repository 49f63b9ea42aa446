"""Deliveries of webhooks, and attempts to deliver, as plain data."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from scribe_mock.webhooks.deliveries import Attempt, Delivery
from scribe_mock.webhooks.receiver import Receiver
from scribe_mock.webhooks.webhook import Webhook


def webhook_of(form: Mapping[str, Any]) -> Webhook:
    """The webhook of its fields."""
    receiver, events = Receiver(**form["receiver"]), tuple(form["events"])
    return Webhook(**{**form, "receiver": receiver, "events": events})


def delivery_form(delivery: Delivery) -> Mapping[str, Any]:
    """A delivery with its webhook as plain data."""
    return asdict(delivery)


def delivery_of(form: Mapping[str, Any]) -> Delivery:
    """The delivery of a `delivery_form`."""
    return Delivery(**{**form, "webhook": webhook_of(form["webhook"])})


def attempt_form(attempt: Attempt) -> Mapping[str, Any]:
    """An attempt with its delivery as plain data."""
    return asdict(attempt)


def attempt_of(form: Mapping[str, Any]) -> Attempt:
    """The attempt of an `attempt_form`."""
    return Attempt(**{**form, "delivery": delivery_of(form["delivery"])})
