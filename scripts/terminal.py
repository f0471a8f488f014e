"""What the scripts print, and the environment that they give to the commands they start."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"

# Variables that decide where a client of AWS, Kubernetes or PostgreSQL goes, and as whom.
TARGET_PREFIXES = ("AWS_", "BOTO_", "EC2_", "S3_", "K8S_AUTH_", "KUBE", "MAINSTAY_REHEARSAL_", "PG")


class Problem(Exception):
    """Something that the person at the terminal has to mend; the message says what and how."""


def say(text: str) -> None:
    print(f"==> {text}", flush=True)


def fail(text: str) -> None:
    print(f"ERROR: {text}", file=sys.stderr, flush=True)


def tool_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The caller's environment with the tools of .venv first on PATH."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PATH"] = f"{BIN}{os.pathsep}{environment.get('PATH', os.defpath)}"
    environment["VIRTUAL_ENV"] = str(BIN.parent)
    # What is installed in .venv is no part of this git checkout; antsibull-docs would copy no file of the collections there.
    environment["GIT_CEILING_DIRECTORIES"] = str(BIN.parent)
    # molecule looks below extensions/ unless told.
    environment["MOLECULE_GLOB"] = "molecule/*/molecule.yml"
    return {**environment, **(extra or {})}


def isolated_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """As tool_environment, without anything of the caller's that leads to a real account, cluster or database."""
    environment = {name: value for name, value in tool_environment().items() if not name.startswith(TARGET_PREFIXES)}
    # Files in the home folder lead there just as well; a proxy has no business with the loopback interface.
    environment["AWS_CONFIG_FILE"] = environment["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    for name in ("NO_PROXY", "no_proxy"):
        environment[name] = ",".join(part for part in (environment.get(name), "127.0.0.1,localhost") if part)
    # Both: the tools of this checkout come first, and what a rehearsal adds comes last.
    path = [part for given in (environment, extra) for part in given.get("PATH", "").split(os.pathsep) if part]
    return {**environment, **extra, "PATH": os.pathsep.join(dict.fromkeys(path))}


def announce(words: Sequence[str], arguments: Sequence[str]) -> dict[str, str]:
    """What tells the summary of a run which call of make started it, and with which ARGS, so that it can show how to repeat that.

    The name is STARTED_BY of module_utils/summary/started.py."""
    return {"MAINSTAY_STARTED_BY": json.dumps({"command": f"{shlex.join(words)} ARGS={{}}", "arguments": list(arguments)})}
