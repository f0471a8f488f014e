"""Asks the applications that a rehearsal has deployed, as their users would, and shows a bad release being noticed and undone."""

from __future__ import annotations

import http.client
import json
import os
import re
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from rehearsal import launcher
from rehearsal.admin_client import AdminClient
from scripts.playbook import summary_of
from scripts.terminal import Problem

if TYPE_CHECKING:
    from scripts.rehearse import Rehearsal

SECONDS = 10
PLAYBOOK = "playbooks/deploy.yml"
BAD = re.compile(r"-http-5\d\d")
"""In the tag of an image whose pods become ready and answer users with errors: see docs/rehearsal.md."""
VERSION = "X-Version"


@dataclass(frozen=True)
class Answer:
    """What a user gets: the status of the reply, and the version that answered; 0 if there was no reply, and then why."""

    url: str
    status: int
    version: str = ""
    reason: str = ""

    @property
    def words(self) -> str:
        version = f", version {self.version}" if self.version else ""
        return f"{self.status}{version}" if self.status else self.reason


@dataclass(frozen=True)
class BadRelease:
    """An image that was pushed and answers with errors: the host of the inventory that it belongs to, and its tag."""

    application: str
    version: str


def urls(cloud: Mapping[str, Any]) -> list[str]:
    """How clients reach all host names that load balancers answer for: directly, or through the distribution in front of them."""
    from scripts import edges

    found = AdminClient(cloud["admin"]).load_balancers()["load_balancers"]
    behind = edges.front_doors(edges.edges(cloud))
    return sorted({behind.get(host, f"{scheme_of(one)}://{host}/") for one in found for host in one["hosts"] if "*" not in host})


def scheme_of(balancer: Mapping[str, Any]) -> str:
    return "https" if any(one["protocol"] in ("HTTPS", "TLS") for one in balancer["listeners"]) else "http"


def ask(
    cloud: Mapping[str, Any],
    url: str,
    headers: Mapping[str, str] = MappingProxyType({}),
    more: Sequence[urllib.request.BaseHandler] = (),
) -> Answer:
    """One request through the rehearsal's proxy, which stands in for DNS and the Internet. ``more``: such as one that keeps cookies."""
    environment = launcher.environment(dict(cloud))
    proxy, authority = environment["MAINSTAY_REHEARSAL_PROXY"], environment["MAINSTAY_REHEARSAL_CA"]
    context = ssl.create_default_context(cafile=authority) if Path(authority).exists() else ssl.create_default_context()
    handlers = [urllib.request.ProxyHandler({"http": proxy, "https": proxy}), urllib.request.HTTPSHandler(context=context)]
    request = urllib.request.Request(url, headers=dict(headers))
    try:
        with urllib.request.build_opener(*handlers, *more).open(request, timeout=SECONDS) as reply:
            return Answer(url, reply.status, reply.headers.get(VERSION, ""))
    except urllib.error.HTTPError as error:
        return Answer(url, error.code, error.headers.get(VERSION, ""))
    except (OSError, http.client.HTTPException) as error:
        return Answer(url, 0, reason=str(error))


class Users:
    """Requests by curl, from several clients at once, each one after the other, until ``stop``. ``statuses`` counts the answers."""

    BATCH = 100
    """Requests that one process of curl sends over the same connection."""

    def __init__(self, cloud: Mapping[str, Any], url: str, clients: int = 2) -> None:
        environment = launcher.environment(dict(cloud))
        self.statuses: Counter[str] = Counter()
        self._command = [
            *("curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}\\n", "--max-time", "60"),
            *("--proxy", environment["MAINSTAY_REHEARSAL_PROXY"], "--cacert", environment["MAINSTAY_REHEARSAL_CA"]),
            f"{url}?[1-{self.BATCH}]",
        ]
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _number in range(clients)]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        while not self._ended.is_set():
            done = subprocess.run(self._command, capture_output=True, text=True, check=False)
            self.statuses.update([*done.stdout.split(), *([f"curl exit code {done.returncode}"] if done.returncode else [])])

    def stop(self, at_least: int = 0, seconds: float = 120.0) -> Counter[str]:
        """How often each status came, once there are this many requests, or after ``seconds``."""
        deadline = time.monotonic() + seconds
        while self.statuses.total() < at_least and time.monotonic() < deadline:
            time.sleep(0.05)
        self._ended.set()
        for thread in self._threads:
            thread.join()
        return self.statuses


def answers(cloud: Mapping[str, Any]) -> list[Answer]:
    return [ask(cloud, url) for url in urls(cloud)]


def expect_good(found: list[Answer]) -> None:
    """Raises Problem unless every application answers with a 200."""
    wrong = [f"{one.url}: {one.words}" for one in found if one.status != 200]
    if wrong or not found:
        raise Problem(f"the applications do not answer: {'; '.join(wrong) or 'no load balancer answers for any host name'}.")


def instructions(environment: str, found: list[Answer]) -> list[str]:
    """What a person does to ask the applications."""
    lines = ["", "Applications, through the rehearsal's proxy:", f'    eval "$(make -s cloud-env ENV={environment})"']
    command = 'curl --proxy "$MAINSTAY_REHEARSAL_PROXY" --cacert "$MAINSTAY_REHEARSAL_CA" -i'
    return [*lines, *(f"    {command} {one.url}    # {one.words}" for one in found)]


def bad_releases(inventory: Mapping[str, Any], seed: Mapping[str, Any]) -> Iterator[BadRelease]:
    """The images of applications in the seed that answer with errors. A repository is that of the application whose name it ends with."""
    applications = inventory.get("app_deploy", {}).get("hosts", [])
    for repository, images in {**seed.get("repositories", {}), **seed.get("pushed_images", {})}.items():
        listed = images.get("images", []) if isinstance(images, Mapping) else images
        tags = [one if isinstance(one, str) else one["tag"] for one in listed]
        name = repository.rpartition("/")[2]
        yield from (BadRelease(name, tag) for tag in tags if BAD.search(tag) and name in applications)


def show_bad_release(rehearsal: Rehearsal, bad: BadRelease) -> str:
    """Deploy a release that answers with errors; it must fail, and users must get the old version afterwards. Returns one sentence."""
    before = answers(rehearsal.cloud)
    arguments = ["--limit", bad.application, "--extra-vars", json.dumps({"app_deploy_version": bad.version})]
    code, log = rehearsal.play("bad-release", "apply", arguments, PLAYBOOK)
    if code == 0:
        raise Problem(f"{bad.application} {bad.version} answers with errors, but its deployment succeeded: {os.path.relpath(log)}")
    print(f"\n{summary_of(log)}\n", flush=True)
    after = answers(rehearsal.cloud)
    expect_good(after)
    if [(one.url, one.version) for one in after] != [(one.url, one.version) for one in before]:
        raise Problem(f"after the failed deployment, other versions answer than before: {'; '.join(one.words for one in after)}.")
    return (
        f"The bad release {bad.application} {bad.version} was noticed and undone: {'; '.join(f'{one.url} {one.words}' for one in after)}."
    )
