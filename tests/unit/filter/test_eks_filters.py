# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The filters of the eks role."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.mainstay.aws.plugins.filter import kubeconfig as module
from ansible_collections.mainstay.aws.plugins.filter.cluster_network import cluster_network
from ansible_collections.mainstay.aws.plugins.filter.kubeconfig import kubeconfig
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN

NETWORKS = {
    "main": {
        "vpc_id": "vpc-1",
        "subnet_ids": {"private": {"b": "subnet-2", "a": "subnet-1"}, "public": {"a": "subnet-3"}},
        "security_group_ids": {"control_plane": "sg-1", "nodes": "sg-2", "database": "sg-3"},
    }
}


def test_network() -> None:
    assert cluster_network(NETWORKS, "main") == {
        "vpc_id": "vpc-1",
        "subnet_ids": ["subnet-1", "subnet-2"],
        "subnet_zones": ["a", "b"],
        "security_group_ids": ["sg-1"],
        "node_security_group_ids": ["sg-2"],
    }


def test_a_tier_for_pods() -> None:
    assert cluster_network(NETWORKS, "main", pods_tier="public")["pod_subnets"] == {"a": "subnet-3"}
    with pytest.raises(AnsibleFilterError, match="eks_pods_tier is 'pods', but network main has no subnets of it"):
        cluster_network(NETWORKS, "main", pods_tier="pods")


def test_a_network_that_is_still_to_come() -> None:
    found = cluster_network({}, "main", planned=True)
    assert found.pop("vpc_id") == UNKNOWN
    assert {one for ids in found.values() for one in ids} == {UNKNOWN}


@pytest.mark.parametrize(
    ("name", "tier", "message"),
    [
        ("other", "private", "eks_network is 'other', but there is no such network (existing: main); create it first, or name another one"),
        ("main", "nodes", "eks_network_tier is 'nodes', but network main has no subnets of it; its tiers are private, public"),
    ],
)
def test_a_network_that_is_not_there(name: str, tier: str, message: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        cluster_network(NETWORKS, name, tier)
    assert str(caught.value) == message


CLUSTERS: dict[str, Any] = {
    "main": {"name": "prod-main", "arn": "arn:main", "endpoint": "https://main", "certificate_authority": "bWFpbg=="},
    "blue": {"name": "prod-blue", "arn": "arn:blue", "endpoint": "https://blue", "certificate_authority": "Ymx1ZQ=="},
}


def test_kubeconfig(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setattr(module.shutil, "which", lambda name: f"/usr/bin/{name}")
    found = kubeconfig(CLUSTERS, "eu-west-1")
    assert found["current-context"] == "arn:blue"
    assert found["clusters"][1] == {
        "name": "arn:main",
        "cluster": {"server": "https://main", "certificate-authority-data": "bWFpbg=="},
    }
    assert found["contexts"][1] == {"name": "arn:main", "context": {"cluster": "arn:main", "user": "arn:main"}}
    assert found["users"][1]["user"]["exec"] == {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "aws",
        "args": ["--region", "eu-west-1", "eks", "get-token", "--cluster-name", "prod-main", "--output", "json"],
        "env": [],
        "interactiveMode": "Never",
    }


def test_kubeconfig_with_a_command_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "prod")
    run = kubeconfig(CLUSTERS, "eu-west-1", command=["get-it", "{cluster}@{region}"])["users"][0]["user"]["exec"]
    assert (run["command"], run["args"], run["env"]) == ("get-it", ["prod-blue@eu-west-1"], [{"name": "AWS_PROFILE", "value": "prod"}])


def test_kubeconfig_of_clusters_that_are_still_to_come() -> None:
    planned = {"main": {"name": "prod-main", "arn": UNKNOWN, "endpoint": UNKNOWN, "certificate_authority": UNKNOWN}}
    assert kubeconfig(planned, "eu-west-1")["current-context"] == "prod-main"
    assert kubeconfig({}, "eu-west-1")["current-context"] == ""


def test_without_the_aws_cli_the_collection_makes_the_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The file's command is run as kubectl would run it, from another directory and with only what the file names."""
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    run = kubeconfig(CLUSTERS, "eu-west-1", sys.executable)["users"][0]["user"]["exec"]
    credentials = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    environment = {**credentials, **{entry["name"]: entry["value"] for entry in run["env"]}}
    ran = subprocess.run([run["command"], *run["args"]], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert '"token": "k8s-aws-v1.' in ran.stdout, ran.stderr


def test_missing_credentials_are_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    run = kubeconfig(CLUSTERS, "eu-west-1", sys.executable)["users"][0]["user"]["exec"]
    environment = {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true", **{entry["name"]: entry["value"] for entry in run["env"]}}
    ran = subprocess.run([run["command"], *run["args"]], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (1, "There are no AWS credentials: set AWS_PROFILE, or log in.\n")


def test_what_is_described_and_not_there_yet_is_unknown_in_a_plan_only() -> None:
    network = {**NETWORKS["main"], "subnet_ids": {"private": {"r-a": "subnet-1", "r-b": UNKNOWN}}}
    assert cluster_network({"main": network}, "main", planned=True)["subnet_ids"] == ["subnet-1", UNKNOWN]
    with pytest.raises(AnsibleFilterError, match=r"the private subnet of r-b is described and not there yet; apply the network first"):
        cluster_network({"main": network}, "main")
    network = {**NETWORKS["main"], "security_group_ids": {"control_plane": "sg-1", "nodes": UNKNOWN}}
    with pytest.raises(AnsibleFilterError, match=r"its security group nodes is not there yet; apply the network first"):
        cluster_network({"main": network}, "main")
