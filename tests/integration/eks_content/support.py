# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A cluster with nodes, and the module as users run it: planned with read-only credentials, applied by the cluster's creator."""

from __future__ import annotations

import base64
import gzip
import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.credentials import Credentials

from ansible_collections.mainstay.aws.plugins.filter.chart_files import chart_files
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.eks_token import make_token
from rehearsal.kubernetes.api import Api, ApiError
from rehearsal.testing import Cloud
from tests.integration.module_runs import ModuleRuns
from tests.integration.network.play import ROOT
from tests.rehearsal.conftest import trust, until

ACCOUNT = "210987654321"
REGION = "af-south-1"
CLUSTER = "prod-main"
CHARTS = ROOT / "roles" / "eks" / "files" / "charts"
VENDORED = {path.name: chart_files(path) for path in sorted(CHARTS.iterdir())}
SECONDS = 240.0
NUMBERS = itertools.count(1)


class Account:
    """An account with a cluster of two nodes. Its creator is ``apply``; ``plan`` may read everything in it and change nothing."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.eks, self.ec2, self.iam = (cloud.client(service) for service in ("eks", "ec2", "iam"))

    def make_cluster(self) -> None:
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        blocks = [(f"10.0.{number}.0/24", f"{REGION}{zone}") for number, zone in enumerate("ab")]
        subnets = [
            self.ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)["Subnet"]["SubnetId"] for block, zone in blocks
        ]
        roles = [
            self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(f"{service}.amazonaws.com"))["Role"]["Arn"]
            for name, service in (("cluster", "eks"), ("nodes", "ec2"))
        ]
        self.eks.create_cluster(
            name=CLUSTER,
            version="1.36",
            roleArn=roles[0],
            resourcesVpcConfig={"subnetIds": subnets},
            accessConfig={"authenticationMode": "API"},
            bootstrapSelfManagedAddons=False,
        )
        until(lambda: self._status() == "ACTIVE", SECONDS)
        self.eks.create_addon(clusterName=CLUSTER, addonName="vpc-cni")
        sizes = {"minSize": 2, "maxSize": 2, "desiredSize": 2}
        group = {"clusterName": CLUSTER, "nodegroupName": "system"}
        self.eks.create_nodegroup(**group, nodeRole=roles[1], subnets=subnets, instanceTypes=["t3.medium"], scalingConfig=sizes)
        until(lambda: str(self.eks.describe_nodegroup(**group)["nodegroup"]["status"]) == "ACTIVE", SECONDS)

    def _status(self) -> str:
        return str(self.eks.describe_cluster(name=CLUSTER)["cluster"]["status"])

    def api(self, folder: Path, role: str = "apply") -> Api:
        """The cluster with one caller's permissions."""
        cluster = self.eks.describe_cluster(name=CLUSTER)["cluster"]
        authority = folder / "authority"
        authority.write_bytes(base64.b64decode(cluster["certificateAuthority"]["data"]))
        given = self.cloud.description["credentials"][role]
        credentials = Credentials(given["access_key_id"], given["secret_access_key"])
        return Api(cluster["endpoint"], authority, token=make_token(credentials, CLUSTER, REGION, self.cloud.endpoint).token)


class InsideCluster(ModuleRuns):
    """One component inside the cluster."""

    def __init__(self, account: Account, folder: Path) -> None:
        super().__init__(account.cloud, folder)
        self.account = account
        self.number = next(NUMBERS)
        self.component = f"content-{self.number}"
        self.namespace = f"test-{self.number}"
        self.api = account.api(folder)
        self.played: set[str] = set()

    def options(self, **options: Any) -> dict[str, Any]:
        quick = {"poll_interval": 0.1, "settle_seconds": 2, "timeout": 120}
        owner = {"environment": "prod", "component": self.component, "region": REGION, "cluster": CLUSTER, "name": "main"}
        return {name: value for name, value in {**owner, **quick, **options}.items() if value is not None}

    def templated(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The same options for a task."""
        given = dict(options)
        for name in ("objects", "patches", "releases"):
            if name in given:  # from a file, because charts contain text that looks like Ansible templates
                path = self.folder / f"{name}-{next(NUMBERS)}.json"
                path.write_text(json.dumps(given[name]))
                given[name] = f"{{{{ lookup('ansible.builtin.file', '{path}') | from_json }}}}"
        return given

    def plan(self, **options: Any) -> dict[str, Any]:
        """Plans with read-only credentials; changes nothing."""
        result = self._call(self.options(**options), "plan")
        assert "plan" not in result or result["plan"]["api_calls"]["write"] == 0
        return result

    def plan_as_an_ordinary_module(self, **options: Any) -> dict[str, Any]:
        (result,) = self.run_tasks(
            [{"mainstay.aws.k8s_objects": self.templated(self.options(**options)), "check_mode": True}], "plan", MAINSTAY_IN_WORKER="never"
        )
        return result

    def apply(self, **options: Any) -> dict[str, Any]:
        return self._call(self.options(**options), "apply")

    def _call(self, options: Mapping[str, Any], role: str) -> dict[str, Any]:
        """One call of the module. The first of each role in a test is a playbook; later ones run the module alone, which is faster."""
        if role in self.played:
            return self.run_module("k8s_objects", options, role)
        self.played.add(role)
        (result,) = self.run_tasks([{"mainstay.aws.k8s_objects": self.templated(options), "check_mode": role == "plan"}], role)
        return result

    def gone(self, path: str) -> bool:
        try:
            self.api.get(path)
        except ApiError as error:
            return error.status == 404
        return False

    def release(self, name: str) -> tuple[str, dict[str, Any]]:
        """The path and content of Helm's latest record."""
        found = self.api.get(f"/api/v1/namespaces/{self.namespace}/secrets", labelSelector=f"owner=helm,name={name}")["items"]
        newest = max(found, key=lambda one: int(one["metadata"]["labels"]["version"]))
        content = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(newest["data"]["release"]))))
        return f"/api/v1/namespaces/{self.namespace}/secrets/{newest['metadata']['name']}", content

    def an_hour_later(self, name: str) -> None:
        """Backdates Helm's latest record by one hour."""
        path, content = self.release(name)
        content["info"]["last_deployed"] = "2020-01-01T00:00:00Z"
        packed = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(content).encode()))).decode()
        self.api.patch(path, {"data": {"release": packed}})


def counts(result: Mapping[str, Any]) -> dict[str, int]:
    """The number of affected resources by action."""
    assert "plan" in result, result.get("msg")
    return {name: number for name, number in result["plan"]["counts"].items() if number}


def changes(result: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The changed values, by address and path: (before, after)."""
    found: dict[str, dict[str, Any]] = {}
    for action in result["plan"]["actions"]:
        for change in action["changes"]:
            before, after = change["before"] or {}, change["after"] or {}
            if isinstance(before, dict) and isinstance(after, dict):
                places = {
                    place: (before.get(place), after.get(place)) for place in {*before, *after} if before.get(place) != after.get(place)
                }
                found.setdefault(action["address"], {}).update(places)
            else:
                found.setdefault(action["address"], {})[change["property"]] = (change["before"], change["after"])
    return found


def program(folder: Path, text: str) -> str:
    """A program with that text."""
    path = folder / "helm"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def packaged_helm() -> str:
    from rehearsal.kubernetes.helm import helm

    return str(helm(lambda text: None))
