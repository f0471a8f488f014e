"""The administrative API authenticates clients by a token, which is part of its URL."""

from __future__ import annotations

import base64

USER = "admin"


def with_token(host: str, port: int, token: str) -> str:
    return f"http://{USER}:{token}@{host}:{port}"


def without_token(url: str) -> str:
    """The URL with the token removed, safe to display."""
    scheme, _slashes, rest = url.partition("//")
    return f"{scheme}//{rest.rpartition('@')[2]}"


def authorization(token: str) -> str:
    """The header that every request must carry. Clients send it for a URL with ``admin:<token>@`` before the host."""
    return "Basic " + base64.b64encode(f"{USER}:{token}".encode()).decode()
