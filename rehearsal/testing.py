"""A private cloud for tests: `with Cloud() as cloud:`."""

from __future__ import annotations

import functools
import os
import subprocess
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rehearsal import launcher
from rehearsal.admin_client import AdminClient
from rehearsal.one_address import at_one_address


class Cloud:
    """Starts a cloud on free ports and stops it on exit, and also if this process is killed."""

    def __init__(
        self,
        account_id: str = "123456789012",
        region: str = "us-east-1",
        settings: dict[str, Any] | None = None,
        policies: dict[str, Any] | None = None,
        further_accounts: tuple[str, ...] = (),
    ) -> None:
        self._options = launcher.Options(
            "cloud", account_id, region, settings=settings or {}, policies=policies or {}, further_accounts=further_accounts
        )
        self.account_id = account_id
        self.region = region

    def __enter__(self) -> Self:
        self._directory = tempfile.TemporaryDirectory(prefix="rehearsal-")
        home = Path(self._directory.name) / self._options.name
        home.mkdir()
        self._process: subprocess.Popen[bytes] = launcher.spawn(self._options, home, owner_pid=os.getpid())
        self.description = launcher.wait_until_healthy(self._process, home)
        self.endpoint: str = self.description["endpoint"]
        self.admin = AdminClient(self.description["admin"])
        self._clients: dict[tuple[str, str, str, str], Any] = {}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait()
        self._directory.cleanup()

    def environment(self, role: str = "apply", account_id: str = "") -> dict[str, str]:
        """The environment variables that direct a program to this cloud."""
        return launcher.environment(self.description, role, account_id)

    def client(self, service: str, role: str = "apply", region: str | None = None, account_id: str = "") -> Any:
        """A boto3 client with one attempt per call, so that tests see exactly what the cloud returns."""
        key = (service, role, region or self.region, account_id)
        if key not in self._clients:
            self._clients[key] = self._new_client(*key)
        return self._clients[key]

    def _new_client(self, service: str, role: str, region: str, account_id: str) -> Any:
        from botocore.config import Config

        found = self.admin.account(account_id) if account_id else self.description
        session, making = _session()
        with making:
            client = session.client(
                service,
                region_name=region,
                endpoint_url=self.endpoint,
                config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
                aws_access_key_id=found["credentials"][role]["access_key_id"],
                aws_secret_access_key=found["credentials"][role]["secret_access_key"],
            )
        return at_one_address(client)

    @property
    def log(self) -> str:
        """The server's output, including tracebacks."""
        return Path(self.description["log"]).read_text(errors="replace")


@functools.cache
def _session() -> tuple[Any, threading.Lock]:
    """The session that makes the clients of all clouds, and the lock to hold meanwhile: each session reads the models of services anew."""
    import boto3

    return boto3.session.Session(), threading.Lock()
