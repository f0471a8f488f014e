"""A small Kubernetes API client for the rehearsal's own components and tests. It has an administrator's certificate."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from rehearsal.kubernetes.certificates import Pair

PATCHES = {
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}


class ApiError(Exception):
    """An error from the API server: `status` is the HTTP status, `reason` its reason code, such as NotFound."""

    def __init__(self, status: int, body: bytes) -> None:
        try:
            content = json.loads(body)
        except ValueError:
            content = {}
        self.status = status
        self.reason = str(content.get("reason", ""))
        super().__init__(f"{status} {self.reason}: {content.get('message', body.decode(errors='replace'))}")


class Api:
    """Calls to one API server; `authority` is the file with its certificate authority. Raises OSError if the server is unreachable."""

    def __init__(self, endpoint: str, authority: Path, client: Pair | None = None, token: str | None = None) -> None:
        parts = urlsplit(endpoint)
        self._address = (str(parts.hostname), parts.port or 443)
        self._context = ssl.create_default_context(cafile=str(authority))
        if client:
            self._context.load_cert_chain(client.certificate, client.key)
        self._headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})

    @property
    def connection(self) -> tuple[str, int, ssl.SSLContext, Mapping[str, str]]:
        """Host, port, TLS, and headers, for a client of another kind."""
        return *self._address, self._context, self._headers

    def get(self, path: str, **query: Any) -> Any:
        return self.call("GET", path, query=query)

    def create(self, path: str, content: Mapping[str, Any]) -> Any:
        return self.call("POST", path, content)

    def patch(self, path: str, content: Mapping[str, Any], kind: str = "merge", **query: Any) -> Any:
        return self.call("PATCH", path, content, PATCHES[kind], query)

    def delete(self, path: str, **query: Any) -> Any:
        return self.call("DELETE", path, query=query)

    def text(self, path: str, **query: Any) -> str:
        """The body of a response that is not JSON, such as a log."""
        return self._bytes("GET", path, query=query).decode()

    def call(
        self,
        method: str,
        path: str,
        content: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
        query: Mapping[str, Any] | None = None,
    ) -> Any:
        return json.loads(self._bytes(method, path, content, content_type, query))

    def watch(self, path: str, seconds: float, **query: Any) -> Iterator[dict[str, Any]]:
        """Watch events for this many seconds: {"type", "object"}, beginning with the existing objects."""
        connection = http.client.HTTPSConnection(*self._address, context=self._context, timeout=seconds + 10)
        try:
            wanted = {"watch": "true", "timeoutSeconds": max(1, int(seconds)), **query}
            connection.request("GET", f"{path}?{urlencode(wanted)}", headers=self._headers)
            response = connection.getresponse()
            if response.status >= 300:
                raise ApiError(response.status, response.read())
            for line in response:
                yield json.loads(line)
        finally:
            connection.close()

    def _bytes(
        self,
        method: str,
        path: str,
        content: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
        query: Mapping[str, Any] | None = None,
    ) -> bytes:
        connection = http.client.HTTPSConnection(*self._address, context=self._context, timeout=30)
        body = None if content is None else json.dumps(content).encode()
        headers = self._headers | ({"Content-Type": content_type} if body else {})
        try:
            connection.request(method, f"{path}?{urlencode(query)}" if query else path, body, headers)
            response = connection.getresponse()
            answer = response.read()
        except http.client.HTTPException as error:
            raise ConnectionError(f"no proper reply from {self._address[0]}:{self._address[1]}: {error!r}") from error
        finally:
            connection.close()
        if response.status >= 300:
            raise ApiError(response.status, answer)
        return answer
