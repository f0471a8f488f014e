# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Resolve how to connect to a cluster, and with which credentials: from options, a kubeconfig, or the pod this code runs in."""

from __future__ import annotations

import base64
import json
import os
import ssl
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

try:
    import urllib3
    import yaml
except ImportError:
    pass  # the module reports missing packages

from .documents import load
from .problems import BadAccess, Unreachable

EXEC_SECONDS = 60
CONNECTIONS = 16
"""Matches the number of threads that read in parallel. urllib3 closes connections beyond this, so the next request reconnects."""
EARLY = timedelta(seconds=60)
"""Renew a token this long before it expires."""

IN_CLUSTER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
Renew = Callable[[], tuple[str, Any]]
"""Creates a token. Returns the token and its expiry time, if known."""


@dataclass
class Token:
    """A bearer token, created on first use and renewed before it expires or after the server rejects it."""

    make: Renew
    value: str = ""
    ends: datetime | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, *, renew: bool) -> str:
        with self.lock:
            if renew or not self.value or (self.ends and datetime.now(UTC) > self.ends - EARLY):
                self.value, self.ends = self.make()
            return self.value


@dataclass(frozen=True)
class Access:
    """``token``: how to create bearer tokens; None with a client certificate alone. ``fixed`` credentials cannot be renewed."""

    server: str
    authority: str | None = None
    certificate: tuple[str, str] | None = None
    token: Token | None = None
    fixed: bool = False
    verify: bool = True
    proxy: str | None = None
    server_name: str | None = None
    basic: str | None = None

    def pool(self, limits: urllib3.Timeout) -> urllib3.PoolManager:
        """Create the connection pool. Ignores proxy variables in the environment: only the option and the kubeconfig set a proxy."""
        options: dict[str, Any] = {"timeout": limits, "maxsize": CONNECTIONS, "block": False}
        if self.server.startswith("https"):
            options["ssl_context"] = self._context()
            if self.server_name:
                options |= {"server_hostname": self.server_name, "assert_hostname": self.server_name}
        return urllib3.ProxyManager(self.proxy, **options) if self.proxy else urllib3.PoolManager(**options)

    def _context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cadata=self.authority) if self.authority else ssl.create_default_context()
        except (ssl.SSLError, ValueError) as error:
            raise BadAccess(f"the certificate authority of {self.server} cannot be used: {error}") from error
        # Certificate authorities created by Kubernetes often fail the strict checks of recent Python versions.
        context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.certificate:
            _load_certificate(context, *self.certificate)
        return context

    def headers(self, *, renew: bool) -> dict[str, str]:
        if self.token is not None:
            return {"Authorization": f"Bearer {self.token.get(renew=renew)}"}
        return {"Authorization": self.basic} if self.basic else {}

    def can_renew(self) -> bool:
        return self.token is not None and not self.fixed

    def check_final(self, error: BaseException) -> None:
        """Raise for connection failures that retrying cannot fix: an untrusted certificate or an invalid address."""
        text = str(error)
        if "CERTIFICATE_VERIFY_FAILED" in text or "certificate verify failed" in text or "doesn't match" in text:
            raise Unreachable(f"the certificate of {self.server} cannot be verified: {text}. Set the right ca_cert") from error
        if isinstance(error, urllib3.exceptions.LocationValueError):
            raise BadAccess(f"{self.server} is not an address of a cluster") from error


def _load_certificate(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """Write the certificate to temporary files: the ssl module loads client certificates only from files."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("certificate", "key")]
        for path, text in zip(paths, (certificate, key)):
            path.touch(mode=0o600)
            path.write_text(text, encoding="utf-8")
        try:
            context.load_cert_chain(str(paths[0]), str(paths[1]))
        except (ssl.SSLError, OSError) as error:
            raise BadAccess(f"the client certificate cannot be used: {error}") from error


def from_options(options: Mapping[str, Any], environment: Mapping[str, str]) -> Access:
    """``options``: the options of the kubernetes.core collection. K8S_AUTH_* variables supply any that are missing."""

    def option(name: str, variable: str) -> Any:
        value = options.get(name)
        return environment.get(f"K8S_AUTH_{variable}") if value is None else value

    host, key = option("host", "HOST"), option("api_key", "API_KEY")
    own: dict[str, Any] = {"proxy": option("proxy", "PROXY")}
    if options.get("validate_certs") is False:
        own["verify"] = False
    if authority := option("ca_cert", "SSL_CA_CERT"):
        own["authority"] = _read(authority, "ca_cert")
    certificate, private = option("client_cert", "CERT_FILE"), option("client_key", "KEY_FILE")
    if certificate and private:
        own["certificate"] = (_read(certificate, "client_cert"), _read(private, "client_key"))
    if key:
        own |= {"token": Token(lambda: (str(key), None)), "fixed": True}
    if host and (key or "certificate" in own):
        return Access(str(host).rstrip("/"), **own)
    found = _from_kubeconfig(option("kubeconfig", "KUBECONFIG"), option("context", "CONTEXT"), environment)
    found |= {name: value for name, value in own.items() if value is not None}
    if host:
        found["server"] = str(host).rstrip("/")
    return Access(**found)


def _from_kubeconfig(given: Any, context: str | None, environment: Mapping[str, str]) -> dict[str, Any]:
    if isinstance(given, Mapping):
        return _context(given, context, Path(), "the kubeconfig")
    explicit = given or environment.get("KUBECONFIG")
    if not explicit and not Path("~/.kube/config").expanduser().exists():
        if (IN_CLUSTER / "token").exists() and environment.get("KUBERNETES_SERVICE_HOST"):
            return _in_cluster(environment)
        raise BadAccess("no cluster is given: set kubeconfig, or host and api_key, or KUBECONFIG in the environment")
    merged: dict[str, Any] = {}
    paths = [Path(part).expanduser() for part in str(explicit or "~/.kube/config").split(os.pathsep) if part]
    for path in paths:
        try:
            loaded = load(path.read_text(encoding="utf-8")) or {}
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            reason = getattr(error, "strerror", None) or "it is not YAML"
            raise BadAccess(f"kubeconfig {path} cannot be read: {reason}") from error
        for part in ("clusters", "contexts", "users"):
            merged.setdefault(part, []).extend(_relative_to(path.parent, loaded.get(part) or []))
        merged.setdefault("current-context", loaded.get("current-context") or None)
        merged["current-context"] = merged["current-context"] or loaded.get("current-context")
    return _context(merged, context, Path(), f"kubeconfig {', '.join(map(str, paths))}")


def _relative_to(folder: Path, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Resolve paths in a kubeconfig relative to its folder."""
    for entry in entries:
        for part in (entry.get("cluster") or {}, entry.get("user") or {}):
            for name in ("certificate-authority", "client-certificate", "client-key", "tokenFile"):
                if part.get(name):
                    part[name] = str(folder / part[name])
    return entries


def _context(config: Mapping[str, Any], wanted: str | None, folder: Path, where: str) -> dict[str, Any]:
    called = wanted or config.get("current-context")
    contexts = {entry["name"]: entry.get("context") or {} for entry in config.get("contexts") or ()}
    if called not in contexts:
        known = ", ".join(sorted(contexts)) or "none"
        raise BadAccess(f"{where} has no context {called!r}; it has {known}" if called else f"{where} has no current context; set context")
    pair = contexts[called]
    cluster = _named(config.get("clusters"), pair.get("cluster"), "cluster", where)
    user = _named(config.get("users"), pair.get("user"), "user", where) if pair.get("user") else {}
    return _cluster(cluster, where) | _user(user)


def _named(entries: Any, wanted: Any, part: str, where: str) -> dict[str, Any]:
    for entry in entries or ():
        if entry.get("name") == wanted:
            return dict(entry.get(part) or {})
    raise BadAccess(f"{where} has no {part} {wanted!r}, which its context names")


def _cluster(cluster: Mapping[str, Any], where: str) -> dict[str, Any]:
    if not cluster.get("server"):
        raise BadAccess(f"{where} gives no server for its cluster")
    return {
        "server": str(cluster["server"]).rstrip("/"),
        "authority": _data_or_file(cluster, "certificate-authority"),
        "verify": not cluster.get("insecure-skip-tls-verify"),
        "proxy": cluster.get("proxy-url"),
        "server_name": cluster.get("tls-server-name"),
    }


def _user(user: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    certificate, key = _data_or_file(user, "client-certificate"), _data_or_file(user, "client-key")
    if certificate and key:
        found["certificate"] = (certificate, key)
    if command := user.get("exec"):
        found["token"] = Token(lambda: exec_token(command))
    elif path := user.get("tokenFile"):
        found["token"] = Token(lambda: (_read(path, "tokenFile").strip(), None))
    elif value := user.get("token"):
        found |= {"token": Token(lambda: (str(value), None)), "fixed": True}
    elif user.get("username"):
        pair = f"{user['username']}:{user.get('password') or ''}"
        found["basic"] = "Basic " + base64.b64encode(pair.encode()).decode()
    return found


def exec_token(command: Mapping[str, Any]) -> tuple[str, datetime | None]:
    """Run a credential plugin. Its output is a secret, so no error message repeats it."""
    from .programs import run

    called = [str(command.get("command")), *(str(argument) for argument in command.get("args") or ())]
    version = str(command.get("apiVersion") or "client.authentication.k8s.io/v1")
    asked = {"apiVersion": version, "kind": "ExecCredential", "spec": {"interactive": False}}
    environment = {**os.environ, "KUBERNETES_EXEC_INFO": json.dumps(asked)}
    environment |= {str(pair["name"]): str(pair["value"]) for pair in command.get("env") or ()}
    try:
        code, printed, complained = run(called, environment, EXEC_SECONDS)
    except (OSError, TimeoutError) as error:
        raise BadAccess(f"the credential plugin {called[0]} of the kubeconfig cannot be run: {type(error).__name__}") from error
    if code:
        said = complained.decode(errors="replace").strip().splitlines()
        raise BadAccess(f"the credential plugin {called[0]} of the kubeconfig failed ({code}): {said[-1] if said else ''}")
    try:
        status = json.loads(printed)["status"]
        ends = status.get("expirationTimestamp")
        return str(status["token"]), datetime.fromisoformat(ends) if ends else None
    except (ValueError, KeyError, TypeError) as error:
        raise BadAccess(f"the credential plugin {called[0]} of the kubeconfig gave no token") from error


def _in_cluster(environment: Mapping[str, str]) -> dict[str, Any]:
    host, port = environment["KUBERNETES_SERVICE_HOST"], environment.get("KUBERNETES_SERVICE_PORT", "443")
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    token = Token(lambda: (_read(IN_CLUSTER / "token", "token").strip(), None))
    return {"server": server, "authority": _read(IN_CLUSTER / "ca.crt", "ca.crt"), "token": token}


def _data_or_file(part: Mapping[str, Any], name: str) -> str | None:
    if data := part.get(f"{name}-data"):
        try:
            return base64.b64decode(str(data), validate=True).decode()
        except ValueError as error:
            raise BadAccess(f"{name}-data of the kubeconfig is not base64") from error
    return _read(part[name], name) if part.get(name) else None


def _read(path: Any, what: str) -> str:
    try:
        return Path(str(path)).expanduser().read_text(encoding="utf-8")
    except OSError as error:
        raise BadAccess(f"{what} {path} cannot be read: {error.strerror}") from error
