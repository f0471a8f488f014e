"""The PostgreSQL servers behind DB instances, if the setting `databases` says so: work for them is done in the background, in order."""

from __future__ import annotations

import hashlib
import importlib
import threading
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from rehearsal.extensions.rds_record import record_of
from rehearsal.life import life_of
from rehearsal.registry import Call

type Work = Callable[[Any, str], Any]
"""A function of the fleet and of the instance's key in it."""


def fleet() -> Any:
    """The cloud's servers, see `rehearsal/postgresql/fleet.py`; imported with the first server, which needs its packages."""
    return importlib.import_module("rehearsal.postgresql.fleet").fleet


def wanted(call: Call) -> bool:
    """Whether a new instance gets a server."""
    return call.settings.databases


def has_server(instance: Any) -> bool:
    return record_of(instance).server


def host_name(instance: Any) -> str:
    """A host name like the one that AWS gives the instance; its server's certificate has it."""
    zone = hashlib.sha256(f"{instance.account_id}/{instance.region}".encode()).hexdigest()[:12]
    return f"{instance.db_instance_identifier}.c{zone}.{instance.region}.rds.amazonaws.com"


def options_of(instance: Any) -> dict[str, Any]:
    """What the fleet learns about a new server."""
    return {
        "version": instance.engine_version,
        "parameters": dict(record_of(instance).effective),
        "name": host_name(instance),
        "region": instance.region,
    }


def why_no_tokens(key: str) -> str | None:
    """Why the server with this name in the fleet accepts no IAM tokens; None if it does, or if it is no instance's, such as a proxy's."""
    from moto.rds.models import rds_backends

    for regions in list(rds_backends.values()):
        for backend in list(regions.values()):
            for instance in list(backend.databases.values()):
                if has_server(instance) and key_of(instance) == key and not instance.enable_iam_database_authentication:
                    return f"IAM database authentication is not enabled for {instance.db_instance_identifier}"
    return None


def key_of(instance: Any) -> str:
    """The server's name in the fleet: the resource ID of the instance for which it was started."""
    return record_of(instance).server_key or str(instance.dbi_resource_id)


class _Workers:
    """One thread per instance that has work, so that its server is changed by one at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._executors: dict[str, ThreadPoolExecutor] = {}

    def submit(self, key: str, work: Callable[[], Any]) -> Future[Any]:
        with self._lock:
            executor = self._executors.setdefault(key, ThreadPoolExecutor(1, thread_name_prefix=f"rds-{key}"))
        return executor.submit(work)

    def drop(self, key: str) -> None:
        with self._lock:
            executor = self._executors.pop(key, None)
        if executor:
            executor.shutdown(wait=False)


_workers = _Workers()


class Task:
    """Work on an instance's server that a phase waits for: `begin` starts it, `ready` says whether it is done.

    An instance whose work fails is in `state_if_failed`; the cloud's log has the traceback. Without a server there is nothing to do.
    """

    def __init__(self, instance: Any, work: Work, state_if_failed: str = "failed") -> None:
        self._instance = instance
        self._work = work
        self._state_if_failed = state_if_failed
        self._future: Future[Any] | None = None

    def begin(self) -> None:
        if has_server(self._instance):
            self._future = submit(self._instance, self._work)

    def ready(self) -> bool:
        if self._future is None or not self._future.done():
            return self._future is None
        if error := self._future.exception():
            traceback.print_exception(error)
            life_of(self._instance).drop(self._state_if_failed)
        self._future = None
        return True

    @property
    def phase(self) -> dict[str, Callable[..., Any]]:
        """The arguments of a phase that does this work."""
        return {"begin": self.begin, "ready": self.ready}


def submit(instance: Any, work: Work) -> Future[Any]:
    """Does work on an instance's server after what has been submitted before."""
    key = key_of(instance)
    return _workers.submit(key, lambda: work(fleet(), key))


def set_parameters(instance: Any, values: Mapping[str, str]) -> None:
    """Reloads the server with these parameters; those that it reads at its start only wait for a restart."""
    if has_server(instance):
        chosen = dict(values)
        submit(instance, lambda servers, key: servers.set_parameters(key, chosen, restart=False))


def delete(instance: Any) -> None:
    if has_server(instance):
        submit(instance, lambda servers, key: servers.delete(key))
        _workers.drop(key_of(instance))


def endpoint(instance: Any) -> tuple[str, int] | None:
    """Where the server listens, if there is one."""
    if not has_server(instance):
        return None
    servers, key = fleet(), key_of(instance)
    if not servers.exists(key):
        return None
    found = servers.endpoint(key)
    return found.host, int(found.port)
