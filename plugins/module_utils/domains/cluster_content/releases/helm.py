# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs Helm with a kubeconfig that only its owner can read, and passes values through stdin.

Every user of the machine can see a command line, so it never contains a secret.
"""

from __future__ import annotations

import base64
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....kubernetes.access import Access
from ....kubernetes.masking import last_lines
from ....reconcile.errors import CallFailed, NotYet
from .record import objects_of
from .release import Chart

HISTORY = 5
"""The number of revisions that Helm keeps of a release."""

SECONDS = 300
"""Time limit of one Helm run, in seconds. Helm waits only for the jobs of its hooks, not for pods."""

PASSING = ("no endpoints available", "failed calling webhook", "another operation", "connection refused", "the object has been modified")
MARGIN = 30
NO_HELM = "NoHelm"
"""The code of the error if Helm is not installed."""


@dataclass(frozen=True)
class Helm:
    """The Helm program and the cluster it works on."""

    program: str
    access: Access

    def upgrade(
        self,
        name: str,
        namespace: str,
        chart: Chart,
        values: Mapping[str, Any],
        marks: Mapping[str, str],
        create: bool,
        history: int = HISTORY,
    ) -> None:
        """Install the release, or bring it to this chart and these values. Safe to repeat. ``history``: revisions that Helm keeps."""
        with _folder() as folder:
            arguments = ["upgrade", "--install", name, _source(folder, chart), "--namespace", namespace, "--history-max", str(history)]
            arguments += ["--reset-values", "--values", "-", "--timeout", f"{SECONDS - MARGIN}s"]
            arguments += ["--labels", ",".join(f"{key}={value}" for key, value in sorted(marks.items()))]
            arguments += _origin(chart)
            arguments += ["--create-namespace"] if create else []
            arguments += ["--force-conflicts"] if self.major(folder) >= 4 else []
            self._run(folder, arguments, json.dumps(values))

    def look_up(self, chart: Chart) -> None:
        """Raises CallFailed if there is no such chart, or no such version of it."""
        with _folder() as folder:
            self._run(folder, ["show", "chart", _source(folder, chart), *_origin(chart)], "")

    def rendered(self, name: str, namespace: str, chart: Chart, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The manifests that the chart makes of the values, with those of its hooks. They may contain secrets. Raises Unreadable."""
        with _folder() as folder:
            arguments = ["template", name, _source(folder, chart), "--namespace", namespace, "--values", "-", *_origin(chart)]
            return objects_of(self._run(folder, arguments, json.dumps(values)))

    def rollback(self, name: str, namespace: str, revision: int, history: int = HISTORY) -> None:
        """Bring the release back to an earlier revision, which becomes the newest one under a new number."""
        with _folder() as folder:
            arguments = ["rollback", name, str(revision), "--namespace", namespace, "--history-max", str(history)]
            arguments += ["--timeout", f"{SECONDS - MARGIN}s", *(["--force-conflicts"] if self.major(folder) >= 4 else [])]
            self._run(folder, arguments, "")

    def uninstall(self, name: str, namespace: str) -> None:
        with _folder() as folder:
            arguments = ["uninstall", name, "--namespace", namespace, "--ignore-not-found", "--timeout", f"{SECONDS - MARGIN}s"]
            self._run(folder, arguments, "")

    def major(self, folder: Path) -> int:
        """Helm's major version. Helm 3 has no --force-conflicts; it overwrites the changes of others anyway."""
        reported = self._run(folder, ["version", "--template", "{{.Version}}"], "").strip().lstrip("v")
        return int(reported.partition(".")[0]) if reported.partition(".")[0].isdigit() else 3

    def _run(self, folder: Path, arguments: Sequence[str], stdin: str) -> str:
        from ....kubernetes.programs import run

        environment = {name: value for name, value in os.environ.items() if not name.startswith("HELM_KUBE")}
        environment["KUBECONFIG"] = str(_kubeconfig(folder, self.access))
        try:
            code, printed, complained = run([self.program, *arguments], environment, SECONDS, stdin)
        except FileNotFoundError as error:
            raise CallFailed(
                f"there is no Helm at {self.program!r} (option helm_binary)",
                f"helm {arguments[0]}",
                NO_HELM,
                "Releases are planned without Helm, but installed with it: put Helm 3.14 or newer on PATH, or set eks_helm_binary or "
                "app_deploy_helm_binary.",
            ) from error
        except (OSError, TimeoutError) as error:
            why = f"did not finish within {SECONDS} s" if isinstance(error, TimeoutError) else f"cannot be run: {error.strerror}"
            raise CallFailed(f"Helm ({self.program}) {why}", f"helm {arguments[0]}", type(error).__name__) from error
        if code:
            raise _refusal(arguments[0], complained.decode(errors="replace"))
        return printed.decode(errors="replace")


def _refusal(verb: str, complained: str) -> CallFailed:
    said = " ".join(last_lines(complained, 5)) or "it printed no error"
    said = said.partition("Error: ")[2] or said
    kind = NotYet if any(word in said for word in PASSING) else CallFailed
    if kind is NotYet:
        return NotYet(said, f"helm {verb}", "HelmRefused", dependency=True)
    return CallFailed(said, f"helm {verb}", "HelmFailed")


def _origin(chart: Chart) -> list[str]:
    """Where Helm finds a chart that is not given as files."""
    version = ["--version", chart.version] if not chart.files and chart.version else []
    return [*version, *(["--repo", chart.repository] if chart.repository else [])]


@contextmanager
def _folder() -> Iterator[Path]:
    """A temporary folder that only its owner can access; deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="mainstay-helm-") as folder:
        yield Path(folder)


def _source(folder: Path, chart: Chart) -> str:
    """The chart that Helm is to install. If the chart is given as files, they are written to the folder."""
    if not chart.files:
        return chart.source
    root = folder / "chart"
    for name, content in chart.files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return str(root)


def _kubeconfig(folder: Path, access: Access) -> Path:
    path = folder / "kubeconfig"
    path.touch(mode=0o600)
    path.write_text(json.dumps(kubeconfig(access)), encoding="utf-8")
    return path


def kubeconfig(access: Access) -> dict[str, Any]:
    """The kubeconfig for access to one cluster."""
    cluster: dict[str, Any] = {"server": access.server}
    if access.authority and access.verify:
        cluster["certificate-authority-data"] = _encoded(access.authority)
    if not access.verify:
        cluster["insecure-skip-tls-verify"] = True
    if access.proxy:
        cluster["proxy-url"] = access.proxy
    if access.server_name:
        cluster["tls-server-name"] = access.server_name
    user: dict[str, Any] = {}
    if access.certificate:
        user |= {"client-certificate-data": _encoded(access.certificate[0]), "client-key-data": _encoded(access.certificate[1])}
    if access.token is not None:
        user["token"] = access.token.get(renew=False)
    elif access.basic:
        name, _dummy, password = base64.b64decode(access.basic.removeprefix("Basic ")).decode().partition(":")
        user |= {"username": name, "password": password}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "cluster", "cluster": cluster}],
        "users": [{"name": "user", "user": user}],
        "contexts": [{"name": "context", "context": {"cluster": "cluster", "user": "user"}}],
        "current-context": "context",
    }


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
