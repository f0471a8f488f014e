"""Starts and stops clouds. Each has a directory with `cloud.json`, which records its addresses and credentials."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

from rehearsal.admin_client import AdminClient, AdminError
from rehearsal.identities import ROLES, Credentials, generate, refuse_real
from rehearsal.server_kinds import BROKERS, CACHES, DATABASES
from rehearsal.traffic.cloud import BUNDLE as AUTHORITY

REPOSITORY = Path(__file__).resolve().parent.parent
HELM = REPOSITORY / "rehearsal" / "kubernetes" / "bin"
STATE_DIRECTORY = REPOSITORY / ".rehearsal"
START_SECONDS = 60.0


class LauncherError(Exception):
    """A cloud failed to start or stop; the message says why and where to look."""


@dataclass(frozen=True)
class Options:
    """Options for starting a cloud. Port 0 means a free one. `credentials` by role, generated if absent. `policies` by role.

    `further_accounts`: accounts that the cloud plays besides its first one. Others can be added while it runs.
    """

    name: str = "default"
    account_id: str = "123456789012"
    region: str = "us-east-1"
    port: int = 0
    admin_port: int = 0
    proxy_port: int = 0
    settings: dict[str, Any] = field(default_factory=dict)
    credentials: dict[str, Credentials] | None = None
    policies: dict[str, Any] = field(default_factory=dict)
    further_accounts: tuple[str, ...] = ()


def start(options: Options, directory: Path = STATE_DIRECTORY) -> dict[str, Any]:
    """The running cloud with that name, started if necessary."""
    home = directory / options.name
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)  # regardless of the umask: the folder holds credentials, and anyone who can write here can redirect programs
    with _locked(home):
        running = find(options.name, directory)
        if running:
            return running
        process = spawn(options, home)
        return wait_until_healthy(process, home)


def find(name: str, directory: Path = STATE_DIRECTORY) -> dict[str, Any] | None:
    """The cloud with that name, if it runs: its administrative API must return the recorded ID."""
    try:
        cloud: dict[str, Any] = json.loads((directory / name / "cloud.json").read_text())
        health = AdminClient(cloud["admin"]).health(timeout=5)
    except (OSError, ValueError, KeyError, HTTPException, AdminError):
        return None
    return cloud if (health.get("id"), health.get("pid")) == (cloud["id"], cloud["pid"]) else None


def stop(name: str, directory: Path = STATE_DIRECTORY) -> bool:
    """Stops the cloud with that name; False if it was not running. Ends only a process verified as ours."""
    home = directory / name
    if not home.is_dir():
        return False
    with _locked(home):
        cloud = find(name, directory)
        if cloud:
            os.kill(cloud["pid"], signal.SIGTERM)
            _wait_until_gone(cloud["pid"])
        (home / "cloud.json").unlink(missing_ok=True)
        return cloud is not None


def spawn(options: Options, home: Path, owner_pid: int | None = None) -> subprocess.Popen[bytes]:
    """Starts a server process in its own session. If it has an owner, it ends when the owner's process ends."""
    _check(options)
    credentials = options.credentials or {role: generate() for role in ROLES}
    for given in credentials.values():
        refuse_real(given)
    state_file, log = home / "cloud.json", home / "server.log"
    state_file.unlink(missing_ok=True)
    identifier = secrets.token_hex(8)
    config = {
        "id": identifier,
        "name": options.name,
        "account_id": options.account_id,
        "region": options.region,
        "port": options.port,
        "admin_port": options.admin_port,
        "proxy_port": options.proxy_port,
        "admin_token": secrets.token_urlsafe(24),
        "credentials": {role: asdict(given) for role, given in credentials.items()},
        "settings": options.settings,
        "policies": options.policies,
        "further_accounts": list(options.further_accounts),
        "state_file": str(state_file),
        "log": str(log),
        "code": code(),
        "owner_pid": owner_pid,
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_") and name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = str(REPOSITORY)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "rehearsal.server", identifier],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=REPOSITORY,
            env=environment,
            start_new_session=True,
        )
    assert process.stdin is not None
    process.stdin.write(json.dumps(config).encode())
    process.stdin.close()
    return process


def wait_until_healthy(process: subprocess.Popen[bytes], home: Path) -> dict[str, Any]:
    """The content of `cloud.json` once the cloud responds. Raises LauncherError if it does not start."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if (home / "cloud.json").exists():
            cloud = find(home.name, home.parent)
            if cloud:
                return cloud
        time.sleep(0.02)
    if process.poll() is None:
        process.terminate()
    last_lines = (home / "server.log").read_text(errors="replace").strip().splitlines()[-3:]
    raise LauncherError(f"the cloud {home.name!r} did not start: {' / '.join(last_lines) or 'no output'} (see {home / 'server.log'})")


def environment(cloud: dict[str, Any], role: str = "apply", account_id: str = "") -> dict[str, str]:
    """The environment variables that direct any AWS client to the cloud in the given role; in the first account if none is named."""
    credentials = (AdminClient(cloud["admin"]).account(account_id) if account_id else cloud)["credentials"][role]
    return {
        "AWS_ENDPOINT_URL": cloud["endpoint"],
        "AWS_ACCESS_KEY_ID": credentials["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": credentials["secret_access_key"],
        "AWS_REGION": cloud["region"],
        "AWS_DEFAULT_REGION": cloud["region"],
        "AWS_EC2_METADATA_DISABLED": "true",
        "MAINSTAY_REHEARSAL_ENDPOINT": cloud["endpoint"],
        "MAINSTAY_REHEARSAL_ADMIN": cloud["admin"],
        # Set even before there is a cluster: a rehearsal must not reach the cluster in the caller's own kubeconfig.
        "KUBECONFIG": str(Path(cloud["log"]).with_name("kubeconfig")),
        # The certificate authority of the databases' endpoints; libpq reads the second variable, which the first gives to everything else.
        "MAINSTAY_REHEARSAL_RDS_CA": str(Path(cloud["log"]).with_name(DATABASES.bundle)),
        "PGSSLROOTCERT": str(Path(cloud["log"]).with_name(DATABASES.bundle)),
        # The certificate authority of the caches' endpoints.
        "MAINSTAY_REHEARSAL_CACHE_CA": str(Path(cloud["log"]).with_name(CACHES.bundle)),
        # That of the brokers' management APIs.
        "MAINSTAY_REHEARSAL_BROKER_CA": str(Path(cloud["log"]).with_name(BROKERS.bundle)),
        # Where clients reach load balancers. Names of our own: AWS clients must not use the proxy.
        "MAINSTAY_REHEARSAL_PROXY": cloud.get("proxy", ""),
        "MAINSTAY_REHEARSAL_CA": str(Path(cloud["log"]).with_name(AUTHORITY)),
        # At the end of PATH, so that the caller's own Helm comes first.
        "PATH": os.pathsep.join(part for part in (os.environ.get("PATH", ""), str(HELM)) if part),
    }


def code() -> str:
    """A fingerprint of the code that a cloud runs, used to detect one started from an older checkout."""
    folder = Path(__file__).parent
    content = [str(path.relative_to(folder)).encode() + path.read_bytes() for path in sorted(folder.rglob("*.py"))]
    return hashlib.sha256(b"".join(content)).hexdigest()[:16]


def _check(options: Options) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", options.name):
        raise LauncherError(f"the name {options.name!r} must consist of letters, digits, dots, dashes and underscores")
    for account_id in (options.account_id, *options.further_accounts):
        if not re.fullmatch(r"\d{12}", account_id):
            raise LauncherError(f"the account id {account_id!r} must have 12 digits")


def _wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if os.waitpid(pid, os.WNOHANG)[0] == pid:
                return
        except ChildProcessError:
            pass
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    raise LauncherError(f"process {pid} did not end within 10 seconds")


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """Allows one start or stop of a cloud at a time."""
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
