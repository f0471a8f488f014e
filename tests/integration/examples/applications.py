# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The applications of inventories, as the role app_deploy computes them, without AWS and without a run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.manifest import Marks, Wanted, read
from ansible_collections.mainstay.aws.plugins.module_utils.deployment import identity
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.look import KIND, address_of
from ansible_collections.mainstay.aws.plugins.module_utils.domains.app_deploy.addresses import place
from scripts.terminal import ROOT, isolated_environment

Described = Mapping[str, Any]
"""``environment``, ``ingress``, ``domains`` of the inventory's zones, and ``release``: the options of app_release."""


@cache
def described(*inventories: str) -> dict[str, dict[str, Described]]:
    """inventory -> host -> what it describes."""
    command = [sys.executable, "-m", "tests.integration.examples.templated", *inventories]
    environment = isolated_environment({"PYTHONPATH": f"{ROOT}:{ROOT / 'collections'}"})
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, dict[str, Described]] = json.loads(done.stdout)
    return found


def marks_of(host: str, one: Described) -> Marks:
    return Marks(str(one["environment"]), host)


def wanted_of(one: Described) -> list[Wanted]:
    wanted, problems = read(one["release"]["objects"], "")
    assert problems == []
    return wanted


def addresses(inventory: str) -> set[str]:
    """The addresses of everything that a first deployment of an inventory's applications adds; see without_release."""
    found: set[str] = set()
    for host, one in described(inventory)[inventory].items():
        migration, ingress = one["release"]["migration"], one["ingress"]
        found |= {address_of(each) for each in wanted_of(one)}
        if migration:
            job = identity.migration_job(migration, "", marks_of(host, one))
            found.add(without_release(f"{KIND}.Job/{job['metadata']['namespace']}/{job['metadata']['name']}"))
        if ingress:
            internal = ingress.get("scheme", "internal") == "internal"
            found |= {f"alias_records.{domain}" for domain in place(ingress["hosts"], [], one["domains"], internal).by_domain}
    return found


def without_release(address: str) -> str:
    """The address without the id of a release, in which the digests of images count, and these exist only in AWS."""
    return re.sub(rf"^({KIND}\.Job/.+)-[0-9a-f]*$", r"\1", address)


def watches(address: str) -> bool:
    """Whether it is an alarm on an application or its load balancer, or an application's dashboard."""
    return bool(re.match(r"(metric_alarm|composite_alarm)\.(application|load-balancer)-|dashboard\.(?!environment$)", address))
