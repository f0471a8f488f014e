# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

DOCUMENTATION = r"""
name: kubeconfig
version_added: 0.1.0
short_description: Generate a kubeconfig for EKS clusters
description:
  - Generates the content of a kubeconfig with a context for each cluster, named by the cluster's ARN as C(aws eks update-kubeconfig) does.
  - It contains no secrets. It calls a command that issues tokens from AWS credentials. This is C(aws eks get-token) if the AWS CLI is on
    the path of the machine that runs Ansible, otherwise a command of this collection.
  - If C(AWS_PROFILE) is set where Ansible runs, the file includes it.
positional: _input
options:
  _input:
    description: Clusters by name, as in the outputs of M(mainstay.aws.eks_cluster).
    type: dict
    required: true
  region:
    description: The region of the clusters.
    type: str
    required: true
  python:
    description: The Python that runs the command of this collection. It needs botocore.
    type: str
    default: python3
  command:
    description: The command to use instead of these, as a list. C({cluster}) and C({region}) are replaced with a cluster's values.
    type: list
    elements: str
    default: []
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
seealso:
  - module: mainstay.aws.eks_cluster
"""

EXAMPLES = r"""
- name: Write a kubeconfig
  ansible.builtin.copy:
    content: "{{ eks_outputs.clusters | mainstay.aws.kubeconfig('af-south-1') | to_nice_yaml }}"
    dest: ~/.kube/prod.yml
    mode: "0600"
"""

RETURN = r"""
_value:
  description: The kubeconfig. Its current context is the first cluster by name.
  type: dict
"""

PACKAGES = "ansible_collections"
TOKEN_COMMAND = f"{PACKAGES}.mainstay.aws.plugins.module_utils.kubernetes.eks_token_command"
"""Named and not imported: it needs botocore, and Ansible loads all filters of a collection with the first one that is used."""

AWS_CLI = ["aws", "--region", "{region}", "eks", "get-token", "--cluster-name", "{cluster}", "--output", "json"]


def kubeconfig(
    clusters: Mapping[str, Mapping[str, Any]], region: str, python: str = "python3", command: Sequence[str] = ()
) -> dict[str, Any]:
    """The kubeconfig of these clusters; addresses and authorities may still be unknown."""
    entries = [clusters[name] for name in sorted(clusters)]
    names = [str(entry["arn"] if "(known" not in str(entry["arn"]) else entry["name"]) for entry in entries]
    run = token_command(python, command)
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": name, "cluster": {"server": entry["endpoint"], "certificate-authority-data": entry["certificate_authority"]}}
            for name, entry in zip(names, entries, strict=True)
        ],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in names],
        "current-context": names[0] if names else "",
        "users": [{"name": name, "user": {"exec": run(str(entry["name"]), region)}} for name, entry in zip(names, entries, strict=True)],
    }


def token_command(python: str, given: Sequence[str]) -> Callable[[str, str], dict[str, Any]]:
    """The value of ``exec`` for a cluster in a region."""
    own = not given and shutil.which("aws") is None
    words = list(given) or (own_command(python) if own else AWS_CLI)
    environment = {"PYTHONPATH": root_of_collections()} if own else {}
    if profile := os.environ.get("AWS_PROFILE"):
        environment["AWS_PROFILE"] = profile

    def run(cluster: str, region: str) -> dict[str, Any]:
        filled = [word.replace("{cluster}", cluster).replace("{region}", region) for word in words]
        return {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": filled[0],
            "args": filled[1:],
            "env": [{"name": name, "value": value} for name, value in sorted(environment.items())],
            "interactiveMode": "Never",
        }

    return run


def own_command(python: str) -> list[str]:
    return [python, "-m", TOKEN_COMMAND, "--cluster-name", "{cluster}", "--region", "{region}"]


def root_of_collections() -> str:
    """The folder that holds ``ansible_collections``, from which Python imports the command."""
    path = Path(__file__)
    return str(next((parent.parent for parent in path.parents if parent.name == PACKAGES), path.parent))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"kubeconfig": kubeconfig}
