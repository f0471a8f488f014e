"""A Prometheus on this machine that says what a test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


@contextmanager
def prometheus() -> Iterator[Any]:
    """A server that returns what its ``rate`` returns at each query: 0 by default."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            value = [0, str(server.rate())]  # type: ignore[attr-defined]
            body = json.dumps({"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "values": [value]}]}})
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body.encode())

        do_POST = do_GET

        def log_message(self, *_arguments: Any) -> None:
            return None

    server = HTTPServer(("127.0.0.1", 0), Answer)
    server.rate = lambda: 0  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


def metric(server: Any) -> dict[str, Any]:
    """A metric of it that must stay below a half, with a period short enough for a short bake."""
    source = {"url": f"http://127.0.0.1:{server.server_port}", "query": "rate"}
    return {"name": "errors", "prometheus": source, "maximum": 0.5, "interval": 1.0, "period": 1}
