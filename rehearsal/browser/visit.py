"""Opens a page in the browser, keeps a picture of it, and returns what it shows.

Host names lead where the rehearsal's proxy leads them: to distributions and load balancers of the rehearsed platform, and nowhere else.
Certificates are checked, with the rehearsal's authority as the only additional one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.browser.package import packages
from rehearsal.kubernetes.build import BuildError, Say, say

PROGRAM = Path(__file__).resolve().parent / "program.py"
LOADED = "document.readyState === 'complete'"
GRACE = 30.0
"""Seconds that the browser may take beyond those of the page: it has to start, and to take the picture."""

NAMESPACES = "import os; os.unshare(os.CLONE_NEWUSER); os.unshare(os.CLONE_NEWPID)"
LIBRARIES = (
    "libasound2 libdbus-1-3 libegl1 libfontconfig1 libgbm1 libgl1 libnss3 libx11-6 libxcomposite1 libxdamage1 libxkbcommon0 libxkbfile1 "
    "libxrandr2 libxtst6"
)
"""The packages of Debian and Ubuntu with what Chromium expects of the system."""


class BrowserError(Exception):
    """The page cannot be opened, or does not become ready; the message says why."""


@dataclass(frozen=True)
class Visit:
    """A page to open. ``ready``: JavaScript that is true once the page shows what it is to show; by default, once it is loaded.

    ``proxy`` and ``authority``: the rehearsal's, as a URL and a file. ``seconds``: how long the page may take to become ready.
    """

    url: str
    picture: Path
    proxy: str = ""
    authority: str = ""
    ready: str = LOADED
    seconds: float = 60.0
    width: int = 1280
    height: int = 800

    def wanted(self) -> str:
        """As the program reads it."""
        return json.dumps({**vars(self), "picture": str(self.picture.resolve())})


@dataclass(frozen=True)
class Sight:
    """What a page shows: its address in the end, title, text, and elements; the status of each request by URL; what its console says."""

    url: str
    title: str
    text: str
    html: str
    replies: Mapping[str, int]
    console: Sequence[str]

    @property
    def summary(self) -> str:
        """For people: the requests and the console, one to a line."""
        replies = [f"    {status} {url}" for url, status in self.replies.items()]
        return "\n".join([*replies, *(f"    console: {line}" for line in self.console)])


def visit(wanted: Visit, tell: Say = say) -> Sight:
    """Raises BrowserError. A picture of what the page shows is kept also if it does not become ready."""
    try:
        path = packages(tell)
    except BuildError as error:
        raise BrowserError(str(error)) from error
    wanted.picture.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mainstay-browser-") as folder:
        command = [sys.executable, str(PROGRAM), wanted.wanted()]
        given = environment(os.environ, path, Path(folder), sandbox=has_sandbox())
        try:
            done = subprocess.run(command, env=given, capture_output=True, text=True, check=False, timeout=wanted.seconds + GRACE)
        except subprocess.TimeoutExpired as error:
            raise BrowserError(f"the browser did not open {wanted.url} within {wanted.seconds + GRACE:.0f} s, and was ended") from error
    return sight_of(wanted, done.stdout, done.stderr)


def environment(given: Mapping[str, str], path: Path, folder: Path, *, sandbox: bool) -> dict[str, str]:
    """The environment variables of the program: without a screen, a graphics card, and the caller's settings of browsers and proxies."""
    kept = {name: value for name, value in given.items() if not name.startswith(("QT", "PYTHON")) and not name.lower().endswith("_proxy")}
    more = {} if sandbox else {"QTWEBENGINE_DISABLE_SANDBOX": "1"}
    return {
        **kept,
        **more,
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
        "PYTHONPATH": str(path),
        "QT_QPA_PLATFORM": "offscreen",
        "QT_QUICK_BACKEND": "software",
        # /dev/shm is small in containers.
        "QTWEBENGINE_CHROMIUM_FLAGS": "--disable-gpu --disable-dev-shm-usage",
    }


def has_sandbox() -> bool:
    """Whether Chromium can build its sandbox here: not as root, nor where the system keeps namespaces from ordinary users."""
    if os.geteuid() == 0:
        return False
    return subprocess.run([sys.executable, "-I", "-c", NAMESPACES], capture_output=True, check=False).returncode == 0


def sight_of(wanted: Visit, output: str, errors: str) -> Sight:
    """What the program reported. Raises BrowserError if that is nothing, or that the page was not ready in time."""
    report = _report(output)
    if report is None:
        raise BrowserError(_reason(errors))
    seen = Sight(
        str(report.get("url", "")),
        str(report.get("title", "")),
        str(report.get("text", "")),
        str(report.get("html", "")),
        {str(url): int(status) for url, status in report.get("replies", ())},
        tuple(str(line) for line in report["console"]),
    )
    if not report["picture"]:
        raise BrowserError(f"the picture of {wanted.url} cannot be written to {wanted.picture}")
    if report["outcome"] != "ready":
        said = (
            "cannot be reached" if report["outcome"] == "unreachable" else f"was not ready within {wanted.seconds:.0f} s ({wanted.ready})"
        )
        shown = f'It shows "{" ".join(seen.text.split())[:300]}"; the picture is {wanted.picture}.'
        raise BrowserError(f"{wanted.url} {said}. {shown}\n{seen.summary}")
    return seen


def _report(output: str) -> dict[str, Any] | None:
    lines = output.strip().splitlines()
    return dict(json.loads(lines[-1])) if lines and lines[-1].startswith("{") else None


def _reason(errors: str) -> str:
    last = "\n    ".join(errors.strip().splitlines()[-8:])
    if "cannot open shared object file" in errors:
        return f"the browser lacks a library of the system (Debian and Ubuntu: apt-get install {LIBRARIES}):\n    {last}"
    return f"the browser ended without opening the page:\n    {last}"
