"""Nodes as EC2 instances of a type: capacity, the part allocatable to pods, and the number of pod addresses."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from rehearsal.kubernetes.build import kubernetes_version

DEFAULT_TYPE = "m6i.xlarge"
ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}
# CPU in millicores reserved for the system: from the first core, the second, the next two, and every further one.
KEPT_OF_CORES = (60, 10, 5, 5)
KEPT_OF_FURTHER_CORES = 2.5
EVICTION_MIB = 100


class UnknownInstanceType(ValueError):
    """EC2 has no such instance type."""


@dataclass(frozen=True)
class NodeShape:
    """The capacity of an instance of a type. The default is a node with room for everything and no particular type."""

    instance_type: str = DEFAULT_TYPE
    cpus: int = 64
    memory_mib: int = 262144
    pods: int = 1000
    disk_gib: int = 100
    architecture: str = "amd64"
    version: str = ""  # of the kubelet; by default the control plane's

    def capacity(self) -> dict[str, str]:
        return self._resources(f"{self.cpus}", self.memory_mib)

    def allocatable(self) -> dict[str, str]:
        """Capacity minus what an EKS node's kubelet reserves for itself, the system, and eviction thresholds."""
        kept = sum(KEPT_OF_CORES[: self.cpus]) + KEPT_OF_FURTHER_CORES * max(0, self.cpus - len(KEPT_OF_CORES))
        return self._resources(f"{self.cpus * 1000 - int(kept)}m", self.memory_mib - (255 + 11 * self.pods) - EVICTION_MIB)

    def _resources(self, cpu: str, memory_mib: int) -> dict[str, str]:
        return {"cpu": cpu, "memory": f"{memory_mib}Mi", "pods": str(self.pods), "ephemeral-storage": f"{self.disk_gib}Gi"}


def shape_of(instance_type: str, disk_gib: int = 20) -> NodeShape:
    """The shape of an EC2 instance type. Each pod needs an address, which limits pods to interfaces x (addresses - 1) + 2; EKS caps this
    at 110, or at 250 for 30 or more CPUs.
    """
    described = _instance_types().get(instance_type)
    if described is None:
        raise UnknownInstanceType(f"EC2 has no instance type {instance_type!r}")
    network, cpus = described["NetworkInfo"], described["VCpuInfo"]["DefaultVCpus"]
    by_address = network["MaximumNetworkInterfaces"] * (network["Ipv4AddressesPerInterface"] - 1) + 2
    architecture = next(ARCHITECTURES[name] for name in described["ProcessorInfo"]["SupportedArchitectures"] if name in ARCHITECTURES)
    memory = described["MemoryInfo"]["SizeInMiB"]
    return NodeShape(instance_type, cpus, memory, min(by_address, most_pods(cpus)), disk_gib, architecture)


def most_pods(cpus: int) -> int:
    """EKS's limit for nodes of managed groups."""
    return 110 if cpus < 30 else 250


def node(
    name: str,
    shape: NodeShape,
    *,
    zone: str = "us-east-1a",
    labels: Mapping[str, str] | None = None,
    taints: Iterable[Mapping[str, str]] = (),
    address: str | None = None,
    kubelet: tuple[str, int] | None = None,
    provider_id: str | None = None,
) -> dict[str, Any]:
    """A node manifest. `kubelet` is where its logs are requested. The kwok stages make it ready, unless an annotation says that it has
    no network (see stages.py).
    """
    digest = hashlib.sha256(name.encode()).digest()
    internal = address or f"10.{digest[0]}.{digest[1]}.{1 + digest[2] % 250}"
    standard = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": shape.architecture,
        "node.kubernetes.io/instance-type": shape.instance_type,
        "topology.kubernetes.io/zone": zone,
        "topology.kubernetes.io/region": zone.rstrip("abcdefghijklmnopqrstuvwxyz"),
    }
    if not shape.instance_type:
        del standard["node.kubernetes.io/instance-type"]
    addresses = [("InternalIP", internal), ("InternalDNS", name), ("Hostname", name)]
    status: dict[str, Any] = {
        "capacity": shape.capacity(),
        "allocatable": shape.allocatable(),
        "addresses": [{"type": kind, "address": value} for kind, value in addresses],
        "nodeInfo": _node_info(name, shape, shape.version or kubernetes_version()),
    }
    if kubelet:
        status["addresses"].append({"type": "ExternalIP", "address": kubelet[0]})
        status["daemonEndpoints"] = {"kubeletEndpoint": {"Port": kubelet[1]}}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": standard | dict(labels or {})},
        "spec": {"taints": [dict(taint) for taint in taints], "providerID": provider_id or f"aws:///{zone}/i-{digest.hex()[:17]}"},
        "status": status,
    }


def _node_info(name: str, shape: NodeShape, version: str) -> dict[str, str]:
    identity = hashlib.sha256(name.encode()).hexdigest()
    return {
        "architecture": shape.architecture,
        "operatingSystem": "linux",
        "osImage": "Amazon Linux 2023 (played)",
        "kernelVersion": "6.12.0",
        "containerRuntimeVersion": "containerd://2.1.5",
        "kubeletVersion": f"v{version}",
        "kubeProxyVersion": "",
        "machineID": identity[:32],
        "systemUUID": identity[:32],
        "bootID": identity[32:],
    }


@cache
def _instance_types() -> dict[str, Any]:
    import moto.ec2

    with gzip.open(Path(str(moto.ec2.__file__)).parent / "resources" / "instance_types.json.gz") as file:
        types: dict[str, Any] = json.load(file)
    return types
