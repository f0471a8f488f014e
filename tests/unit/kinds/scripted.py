# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A connection that answers calls from a table and records them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.session import Session

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner

OWNER = Owner("prod", "cluster")
Answer = Callable[[Mapping[str, Any]], Any]


def mark(address: str) -> dict[str, str]:
    return OWNER.tags(address)


def refusal(code: str, message: str) -> ClientError:
    reply: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return ClientError(reply, "Operation")


@dataclass
class Script:
    """``answers``: method -> a response, an exception, or a function of the parameters that returns either. ``calls`` are those made;
    ``regions``: the region of the last call of each method, of clients that ``client_in`` makes.
    """

    answers: dict[str, Any]
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    regions: dict[str, str] = field(default_factory=dict)

    def client_in(self, service: str, region: str) -> Any:
        """A client that records in which region it is called."""
        return self._client(service, region)

    def aws(self) -> Aws:
        return Aws(self._client, OWNER, pause=lambda _seconds: None)

    def methods(self, *beginnings: str) -> list[str]:
        """The methods called, in order; if prefixes are given, only methods with one of them."""
        return [name for name, _params in self.calls if not beginnings or name.startswith(beginnings)]

    def _client(self, service: str, region: str = "") -> Any:
        model = Session().get_service_model(service)
        names = {xform_name(name): name for name in model.operation_names}

        class Client:
            meta = SimpleNamespace(method_to_api_mapping=names)

            def can_paginate(self, _method: str) -> bool:
                return False

        client = Client()
        for method in names:
            setattr(client, method, lambda method=method, **params: self._answer(method, params, region))
        return client

    def _answer(self, method: str, params: dict[str, Any], region: str) -> Any:
        with self.lock:
            self.calls.append((method, params))
            self.regions[method] = region
        found = self.answers[method]
        found = found(params) if callable(found) else found
        if isinstance(found, Exception):
            raise found
        return found
