"""Terminal output of the scripts, and the environment for the commands they start."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
WIDEST = 200

# Variables that select the endpoint and identity of AWS, Kubernetes and PostgreSQL clients.
TARGET_PREFIXES = ("AWS_", "BOTO_", "EC2_", "S3_", "K8S_AUTH_", "KUBE", "MAINSTAY_REHEARSAL_", "PG")


class Problem(Exception):
    """A problem for the user at the terminal to fix. The message says what and how."""


def say(text: str) -> None:
    print(f"==> {text}", flush=True)


def say_line(text: str) -> None:
    """A continuation line for the last ``say``."""
    print(f"    {text}", flush=True)


def width() -> int:
    """Columns of the terminal, at most as many as a summary uses; 120 if there is no terminal."""
    return min(shutil.get_terminal_size((120, 24)).columns, WIDEST)


def fail(text: str) -> None:
    print(f"ERROR: {text}", file=sys.stderr, flush=True)


def tool_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The caller's environment with the tools of .venv first on PATH."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PATH"] = f"{BIN}{os.pathsep}{environment.get('PATH', os.defpath)}"
    environment["VIRTUAL_ENV"] = str(BIN.parent)
    # Keep git from treating .venv as part of this checkout: antsibull-docs would then copy no files of the collections there.
    environment["GIT_CEILING_DIRECTORIES"] = str(BIN.parent)
    # molecule searches below extensions/ by default.
    environment["MOLECULE_GLOB"] = "molecule/*/molecule.yml"
    return {**environment, **(extra or {})}


def isolated_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Like tool_environment, but without any of the caller's settings that point to a real account, cluster, or database."""
    environment = {name: value for name, value in tool_environment().items() if not name.startswith(TARGET_PREFIXES)}
    # A make that a tool starts is independent of the one that started this program, and must not inherit its variables.
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
        environment.pop(name, None)
    # Files in the home folder point there too; proxies must not apply to the loopback interface.
    environment["AWS_CONFIG_FILE"] = environment["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    for name in ("NO_PROXY", "no_proxy"):
        environment[name] = ",".join(part for part in (environment.get(name), "127.0.0.1,localhost") if part)
    # Combine both: this checkout's tools come first, additions by a rehearsal last.
    path = [part for given in (environment, extra) for part in given.get("PATH", "").split(os.pathsep) if part]
    return {**environment, **extra, "PATH": os.pathsep.join(dict.fromkeys(path))}


def announce(words: Sequence[str], arguments: Sequence[str]) -> dict[str, str]:
    """Record for a run's summary which make command started it and with which ARGS, so that it can show how to repeat the run.

    STARTED_BY in module_utils/summary/started.py defines the variable's name."""
    return {"MAINSTAY_STARTED_BY": json.dumps({"command": f"{shlex.join(words)} ARGS={{}}", "arguments": list(arguments)})}
