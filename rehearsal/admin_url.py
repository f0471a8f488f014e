"""How the administrative API knows its clients: by a token, which is part of its URL."""

from __future__ import annotations

import base64

USER = "admin"


def with_token(host: str, port: int, token: str) -> str:
    return f"http://{USER}:{token}@{host}:{port}"


def without_token(url: str) -> str:
    """The URL as it may be shown."""
    scheme, _slashes, rest = url.partition("//")
    return f"{scheme}//{rest.rpartition('@')[2]}"


def authorization(token: str) -> str:
    """The header that a request must have. Clients send it for a URL with ``admin:<token>@`` before the host."""
    return "Basic " + base64.b64encode(f"{USER}:{token}".encode()).decode()
