"""The HTTP side of the AWS endpoint: werkzeug's handler, but with persistent connections, as on AWS."""

from __future__ import annotations

import logging
import traceback
from http import HTTPStatus
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler

from rehearsal.headers import read_quickly

logging.getLogger("werkzeug").setLevel(logging.ERROR)


read_quickly()


class Handler(MotoRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        """Answers one request in one write. The application has read the body by then, so the connection can serve the next request."""
        if self.headers.get("Expect", "").lower().strip() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.environ = environ = self.make_environ()
        answer: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            answer[:] = [status, headers]
            return None

        try:
            body = b"".join(self.server.app(environ, start_response))
        except ConnectionError:
            self.close_connection = True
            return
        except Exception:  # noqa: BLE001  a request that cannot even be read must not end without an answer
            traceback.print_exc()
            self.send_error(HTTPStatus.BAD_REQUEST, "the rehearsal cloud cannot make sense of this request")
            return
        status, headers = answer
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers), f"Date: {self.date_time_string()}", "", ""]
        self.wfile.write("\r\n".join(lines).encode("latin-1") + body)

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """The administrative API's request log has more detail."""
