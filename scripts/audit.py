"""Audit the rehearsed inventory with Prowler: the CIS and AWS FSBP checks for the services supported so far. Called by make audit.

Prowler pins another boto3 and needs Python 3.10 to 3.12, so it gets its own virtual environment, in .cache/audit. It reads the
rehearsal cloud with read-only credentials. Every failed check needs a reason in scripts/audit_reasons.yml.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from rehearsal import launcher
from scripts.audit_findings import checks_of, judge, read_findings, report
from scripts.terminal import ROOT, Problem, fail, isolated_environment, say

PROWLER = "5.46.0"
PYTHONS = ("3.12", "3.11", "3.10")
HOME = ROOT / ".cache" / "audit"
FRAMEWORKS = ("cis_7.0_aws", "aws_foundational_security_best_practices_aws")
SERVICES = ("autoscaling", "cloudwatch", "ec2", "eks", "elb", "elbv2", "iam", "kms", "vpc")
"""The services of the roles vpc and eks, by Prowler's names."""
REASONS = ROOT / "scripts" / "audit_reasons.yml"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.audit", description=__doc__)
    parser.add_argument("environment", help="the name of a folder in inventories/")
    parser.add_argument("--as-it-is", action="store_true", help="audit what the rehearsal cloud holds, without rehearsing first")
    options = parser.parse_args(arguments)
    try:
        return audit(options.environment, options.as_it_is)
    except (Problem, launcher.LauncherError) as error:
        fail(str(error))
        return 1


def audit(environment: str, as_it_is: bool) -> int:
    python = prowler_python()
    if not as_it_is:
        rehearse(environment)
    cloud = launcher.find(environment)
    if cloud is None:
        raise Problem(f"no rehearsal cloud of {environment} is running; leave out --as-it-is")
    say(f"Auditing {environment} with Prowler {PROWLER}: {' and '.join(FRAMEWORKS)}")
    findings = read_findings(run_prowler(python, cloud))
    if not findings:
        raise Problem(f"Prowler found nothing at all; see {HOME / 'prowler.log'}")
    verdict = judge(findings, yaml.safe_load(REASONS.read_text()))
    print("\n".join(report(verdict)), flush=True)
    return 0 if verdict.fine else 1


def prowler_python() -> Path:
    """The interpreter of Prowler's virtual environment, which is created if needed."""
    python, done = HOME / "venv" / "bin" / "python", HOME / f"installed-{PROWLER}"
    if done.exists() and python.exists():
        return python
    base = next(usable_pythons(), None)
    if base is None:
        raise Problem(f"Prowler {PROWLER} needs Python {', '.join(PYTHONS)}, and there is none; name one with MAINSTAY_AUDIT_PYTHON=/path")
    say(f"Installing Prowler {PROWLER} into {HOME.relative_to(ROOT)}/venv, once (about 1.5 GB)")
    HOME.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(HOME / "venv", ignore_errors=True)
    log = HOME / "install.log"
    with log.open("w") as output:
        for command in (
            [base, "-m", "venv", str(HOME / "venv")],
            [str(python), "-m", "pip", "install", "--disable-pip-version-check", f"prowler=={PROWLER}"],
        ):
            if subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False).returncode:
                raise Problem(f"Prowler could not be installed; {log} says why. The last lines:\n" + "".join(log.open().readlines()[-5:]))
    done.touch()
    return python


def usable_pythons() -> Iterator[str]:
    """Interpreters that Prowler can use and that actually run."""
    given = os.environ.get("MAINSTAY_AUDIT_PYTHON")
    candidates = [given] if given else [shutil.which(f"python{version}") for version in PYTHONS]
    if not given:
        folder = Path.home() / ".pyenv" / "versions"
        candidates += [str(path) for version in PYTHONS for path in sorted(folder.glob(f"{version}.*/bin/python"), reverse=True)]
    for candidate in candidates:
        if candidate and subprocess.run([candidate, "-c", "import venv, ensurepip"], capture_output=True, check=False).returncode == 0:
            yield candidate


def rehearse(environment: str) -> None:
    log = HOME / "rehearse.log"
    say(f"Rehearsing {environment}; the output is in {log.relative_to(ROOT)}")
    with log.open("w") as output:
        command = [sys.executable, "-m", "scripts.rehearse", "run", environment]
        if subprocess.run(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, check=False).returncode:
            raise Problem(f"the rehearsal failed; {log} says why. The last lines:\n" + "".join(log.open().readlines()[-5:]))


def run_prowler(python: Path, cloud: dict[str, Any]) -> str:
    """Prowler's findings as CSV. Calls that the rehearsal cloud does not support are errors in prowler.log; their checks have no
    findings.
    """
    folder = next((HOME / "venv" / "lib").glob("python3.*/site-packages/prowler/compliance/aws"))
    frameworks = [json.loads((folder / f"{name}.json").read_text()) for name in FRAMEWORKS]
    shutil.rmtree(HOME / "out", ignore_errors=True)
    command = [
        str(python.with_name("prowler")),
        "aws",
        *("--checks", *checks_of(frameworks, SERVICES)),
        *("--region", cloud["region"], "--output-formats", "csv"),
        *("--output-directory", str(HOME / "out"), "--output-filename", "audit"),
        *("--no-banner", "--no-color", "--ignore-exit-code-3", "--log-level", "ERROR"),
    ]
    environment = {**isolated_environment(launcher.environment(cloud, "plan")), "HOME": str(HOME)}
    with (HOME / "prowler.log").open("w") as output:
        code = subprocess.run(command, cwd=HOME, env=environment, stdout=output, stderr=subprocess.STDOUT, check=False).returncode
    result = HOME / "out" / "audit.csv"
    if code or not result.exists():
        raise Problem(f"Prowler failed (exit code {code}); {HOME / 'prowler.log'} says why")
    return result.read_text()


if __name__ == "__main__":
    sys.exit(main())
