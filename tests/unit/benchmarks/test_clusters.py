"""The clusters and databases that the benchmark builds, and the arithmetic of its critical path."""

from __future__ import annotations

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource, ref
from benchmarks import clusters, databases
from benchmarks.subjects import REGION, networks
from tests.unit.reconcile.fake import kinds

SECONDS = {"slow": 10.0, "room": 3.0}


def room(name: str, kind: str = "room", **properties: object) -> Resource:
    return Resource(kind, name, {"color": "red", **properties})


@pytest.mark.parametrize(
    ("desired", "seconds", "addresses"),
    [
        ([], 0.0, ()),
        ([room("a")], 3.0, ("room.a",)),
        ([room("a"), room("b", "slow")], 10.0, ("slow.b",)),
        ([room("a"), room("b", "slow", parent=ref("room.a"))], 13.0, ("room.a", "slow.b")),
        ([room("a"), room("b", "plot", parent=ref("room.a")), room("c", parent=ref("plot.b"))], 6.0, ("room.a", "room.c")),
        ([room("a", "slow"), room("b", friends=[ref("slow.a")])], 10.0, ("slow.a",)),
    ],
    ids=["nothing", "one", "side by side", "a chain", "through one that takes no time", "set afterwards, so made side by side"],
)
def test_the_longest_chain(desired: list[Resource], seconds: float, addresses: tuple[str, ...]) -> None:
    assert clusters.longest(desired, kinds(), SECONDS) == clusters.Path(seconds, addresses)


@pytest.mark.parametrize(
    ("counts", "kinds", "seconds"),
    [
        ((1, 1), ["eks_cluster", "eks_addon", "eks_nodegroup", "eks_addon"], 600 + 60 + 180 + 60),
        ((0, 1), ["db_instance"], 600),
        ((0, 0), ["nat_gateway"], 120),
    ],
    ids=["a cluster and a database", "a database", "neither"],
)
def test_the_critical_path_goes_through_what_takes_longest(counts: tuple[int, int], kinds: list[str], seconds: float) -> None:
    described = clusters.for_role(counts[0]), databases.for_role(counts[1])
    path = clusters.critical_path(networks(1), *described, REGION, clusters.CREATION_SECONDS)
    found = [address.partition(".")[0] for address in path.addresses]
    assert found == kinds
    assert path.seconds == seconds


def test_an_instance_accepts_connections_after_its_creation_time() -> None:
    """The cloud's setting includes what follows."""
    settings = databases.transitions({"db_instance": 70.0, "nat_gateway": 4.0})
    assert settings == {"rds_instance": pytest.approx(100.0), "nat_gateway": 4.0}


def test_both_are_given_the_same_databases() -> None:
    ours, theirs = databases.for_role(2), databases.for_terraform(2, "net01")["databases"]
    assert ours.keys() == theirs.keys() == {"d01", "d02"}
    for name, one in ours.items():
        other, monitoring = theirs[name], one["monitoring"]
        assert (one["version"], one["class"], one["storage"]) == (
            other["version"],
            other["class"],
            {"size": other["size"], "autoscale_to": other["limit"]},
        )
        assert monitoring == {
            "interval": other["monitoring_interval"],
            **{key: other[key] for key in ("log_exports", "log_retention_days")},
        }
        assert one["backups"]["retention_days"] == other["retention_days"]


def test_both_are_given_the_same() -> None:
    ours, theirs = clusters.for_role(2), clusters.for_terraform(2, "net01")["clusters"]
    assert ours.keys() == theirs.keys() == {"c01", "c02"}
    for name, cluster in ours.items():
        assert {addon for addon, given in cluster["addons"].items() if given is not None} == set(theirs[name]["addons"])
        assert set(cluster["fargate_profiles"]) == set(theirs[name]["fargate_namespaces"])
        assert set(cluster["irsa_roles"]) == set(theirs[name]["service_accounts"])
        assert (cluster["node_groups"], cluster["version"]) == (theirs[name]["node_groups"], theirs[name]["version"])
