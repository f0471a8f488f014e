"""Clients of a cloud, which answers at one address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit


def at_one_address(client: Any) -> Any:
    """The client, whose calls all go to its endpoint's own host: S3 Control puts the account's ID before it."""
    host = urlsplit(client.meta.endpoint_url).netloc

    def correct(params: dict[str, Any], **_other: Any) -> None:
        params["url"] = urlsplit(params["url"])._replace(netloc=host).geturl()

    client.meta.events.register("before-call", correct, unique_id="rehearsal-one-address")
    return client
