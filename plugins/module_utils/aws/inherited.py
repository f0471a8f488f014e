# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Clients that Ansible's own process creates before it forks its workers, so that each worker need not create them again.

They go to the first connection of a worker that has the same configuration: same region, same ``AWS_*`` variables, and no credentials,
profile, endpoint, or certificate options of its own. Every other connection creates its own clients. Credentials are resolved in the worker
when it signs the first request; the parent process does not look for any.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

with contextlib.suppress(ImportError):  # AnsibleAWSModule reports missing libraries
    from botocore.exceptions import BotoCoreError

from .service_models import session


class DeferredCredentials:
    """The credentials that botocore's provider chain finds when they are first needed, or none."""

    method = "deferred"
    """Where credentials come from: botocore reads this while it creates a client."""

    def __init__(self, chain: Any) -> None:
        self._chain = chain
        self._lock = threading.Lock()
        self._found: Any = None
        self._looked = False

    def load_credentials(self) -> DeferredCredentials:
        """botocore's interface of a chain of providers."""
        return self

    def _resolved(self) -> Any:
        with self._lock:
            if not self._looked:
                self._found, self._looked = self._chain.load_credentials(), True
            return self._found

    def get_frozen_credentials(self) -> Any:
        """None if there are no credentials; botocore then reports that when it signs."""
        found = self._resolved()
        return found.get_frozen_credentials() if found else None

    def get_deferred_property(self, name: str) -> Callable[[], Any]:
        """Resolves a property when it is needed; clients require such a resolver when they are created."""

        def get() -> Any:
            found = self._resolved()
            return found.get_deferred_property(name)() if found else None

        return get

    def __getattr__(self, name: str) -> Any:
        return getattr(self._resolved(), name)


@dataclass(frozen=True)
class _Clients:
    region: str
    variables: Mapping[str, str]
    session: Any
    by_service: dict[str, Any] = field(default_factory=dict)


VARIABLES = {
    "aws_access_key_id": "AWS_ACCESS_KEY_ID",
    "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY",
    "aws_session_token": "AWS_SESSION_TOKEN",
    "verify": "AWS_CA_BUNDLE",
}

_waiting: list[_Clients] = []


def _variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("AWS_")}


def prepare(services: Iterable[str], region: str, config: Any) -> None:
    """Create a client for each service that has none yet. If that fails, the connection that needs the client reports the reason."""
    with contextlib.suppress(BotoCoreError, ValueError):
        if not _waiting or (_waiting[0].region, _waiting[0].variables) != (region, _variables()):
            _waiting[:] = [_Clients(region, _variables(), session(None, DeferredCredentials))]
        waiting = _waiting[0]
        for service in set(services) - waiting.by_service.keys():
            waiting.by_service[service] = waiting.session.client(service, region_name=region, config=config)


def take(region: str | None, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The clients for a connection with these options, by service. No other connection gets them. Empty if there are none.

    ``params``: the arguments of boto3's ``client`` other than the region. amazon.aws fills in credentials and certificates from ``AWS_*``
    variables, which botocore also reads, so an option that equals its variable does not count as the connection's own.
    """
    usual = all(value is None or value == os.environ.get(VARIABLES.get(name, "")) for name, value in params.items() if value is not True)
    if not usual or not _waiting or _waiting[0].region != region or _waiting[0].variables != _variables():
        return {}
    return _waiting.pop().by_service
