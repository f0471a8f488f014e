# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Draining clusters whose controllers' resources are created by hand. test_destroy.py does the same with simulated controllers."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.drain import draining
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.drain import in_aws as drain_aws
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.drain.draining import Drainer, Limits
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.drain.leftovers import Cluster
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.problems import BadAccess
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import Stopped, SystemClock, silent
from rehearsal.testing import Cloud

from .support import CLUSTER, MADE, OWNER, FakeApi, Place, connection, ingress, service

QUICK = Limits(controller=0.5, total=5.0, poll=0.05)


@pytest.fixture
def place(cloud: Cloud) -> Place:
    return Place(cloud)


def drainer(place: Place, api: FakeApi | None = None, exists: bool = True) -> Drainer:
    def open_api(_name: str) -> Any:
        if api is None:
            raise BadAccess("nobody answers")
        return api

    made = Drainer(connection(place.cloud), [Cluster(CLUSTER, frozenset({place.vpc}), exists=exists, key="main")], [], open_api)
    made.look()
    return made


def drained(place: Place, api: FakeApi | None = None, exists: bool = True, limits: Limits = QUICK) -> Drainer:
    made = drainer(place, api, exists)
    assert made.drain(limits, SystemClock(), silent), [one.left() for one in made.drains]
    return made


def everything(place: Place) -> None:
    """Everything that a cluster's controllers created, including a rule in our nodes' group that names theirs, and unrelated resources."""
    front = place.group("k8s-shop-front", MADE)
    back = place.group("k8s-traffic-prodmain", MADE)
    nodes = place.group("nodes", OWNER.tags("security_group.main/nodes"))
    rule = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "UserIdGroupPairs": [{"GroupId": back}]}
    place.ec2.authorize_security_group_ingress(GroupId=nodes, IpPermissions=[rule])
    place.balancer("k8s-shop-api-1a", MADE, [front, back])
    place.targets("k8s-shop-api-8080", MADE)
    place.classic("a1b2c3", {f"kubernetes.io/cluster/{CLUSTER}": "owned"})
    strange(place)


def strange(place: Place) -> None:
    """Other owners' resources in the same place."""
    place.balancer("by-hand", {"elbv2.k8s.aws/cluster": "prod-other"}, [place.group("k8s-other", {"elbv2.k8s.aws/cluster": "prod-other"})])
    place.targets("by-hand-targets", {"made": "by hand"})
    place.group("by-hand-group", {f"kubernetes.io/cluster/{CLUSTER}": "owned"})


STRANGERS = {"by-hand", "k8s-other", "by-hand-targets", "by-hand-group"}


def test_what_a_cluster_that_is_gone_left_goes_and_nothing_else(place: Place, cloud: Cloud) -> None:
    everything(place)
    place.interface("aws-K8S-i-0abc", {"cluster.k8s.amazonaws.com/name": CLUSTER})
    place.interface("aws-K8S-i-0def", {"cluster.k8s.amazonaws.com/name": "prod-other"})
    made = drained(place, exists=False)
    assert place.names() == STRANGERS | {"nodes", "aws-K8S-i-0def"}
    assert made.drains[0].reason == "the cluster no longer exists"
    seen = len(cloud.admin.requests())
    again = drained(place, exists=False)
    assert again.drains[0].seen == {}
    assert [one for one in cloud.admin.requests()[seen:] if one["mutating"]] == []


def test_another_network_is_not_touched(place: Place) -> None:
    other = Place(place.cloud, "10.1.0.0/16", owner=None)
    other.balancer("k8s-elsewhere", MADE)
    drained(place, exists=False)
    assert other.names() == {"k8s-elsewhere"}


def test_without_a_way_to_the_api_aws_is_asked(place: Place) -> None:
    everything(place)
    made = drained(place, api=None)
    assert made.drains[0].reason == "its API cannot be used: nobody answers"
    assert place.names() == STRANGERS | {"nodes"}
    assert "load balancer k8s-shop-api-1a" in made.drains[0].removed


def test_finalizers_that_are_never_removed_do_not_block_the_drain(place: Place) -> None:
    everything(place)
    api = FakeApi(works=False, controller=False, ingresses=[ingress("api")])
    made = drained(place, api)
    assert made.drains[0].reason == "no load balancer controller runs in it, so nothing removes the finalizers"
    assert place.names() == STRANGERS | {"nodes"}
    assert api.deleted == ["api"]


def test_a_controller_that_is_too_slow_is_not_waited_for(place: Place) -> None:
    everything(place)
    made = drained(place, FakeApi(works=False, ingresses=[ingress("api")]))
    assert made.drains[0].reason == "its controllers did not finish within 0.5 s"
    assert place.names() == STRANGERS | {"nodes"}


def test_a_controller_that_works_is_left_to_it(place: Place, cloud: Cloud) -> None:
    """No AWS calls delete anything; only Services of type LoadBalancer are deleted."""
    balancer = place.balancer("k8s-shop-api-1a", MADE)

    class Works(FakeApi):
        def delete(self, path: str, _body: Any) -> None:
            super().delete(path, _body)
            if not self.ingresses and not [one for one in self.services if one["spec"]["type"] == "LoadBalancer"]:
                place.elbv2.delete_load_balancer(LoadBalancerArn=balancer)

    api = Works(ingresses=[ingress("api"), ingress("web", "front")], services=[service("tcp"), service("inner", kind="ClusterIP")])
    made = drained(place, api, limits=Limits(60.0, 60.0, 0.05))
    assert (made.drains[0].reason, made.drains[0].removed) == ("", [])
    assert sorted(api.deleted) == ["api", "tcp", "web"]
    assert [one["metadata"]["name"] for one in api.services] == ["inner"]
    assert len([one for one in cloud.admin.requests() if one["operation"] == "DeleteLoadBalancer"]) == 1


def test_what_a_controller_forgets_is_deleted(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "LEAK_SECONDS", 0.1)
    place.group("k8s-traffic-prodmain", MADE)
    made = drained(place, FakeApi(), limits=Limits(60.0, 60.0, 0.05))
    assert made.drains[0].reason == "its controllers left it behind"
    assert place.names() == set()


def launched(cluster: str = CLUSTER) -> dict[str, str]:
    """The tags of what Karpenter launches for a cluster."""
    return {"karpenter.sh/nodepool": "default", "eks:eks-cluster-name": cluster, f"kubernetes.io/cluster/{cluster}": "owned"}


def pool(name: str = "default") -> dict[str, Any]:
    return {"metadata": {"name": name, "finalizers": ["karpenter.sh/termination"]}}


def test_karpenter_terminates_the_instances_of_pools_that_go_after_the_load_balancers(place: Place, cloud: Cloud) -> None:
    instance, other = place.instance(launched()), place.instance(launched("prod-other"))
    balancer = place.balancer("k8s-shop-api-1a", MADE)

    class Works(FakeApi):
        def delete(self, path: str, body: Any) -> None:
            super().delete(path, body)
            if "nodepools" in path:
                assert place.names() == set(), "the controller of the load balancers may run on these instances"
                place.ec2.terminate_instances(InstanceIds=[instance])
                self.pools.clear()
            else:
                place.elbv2.delete_load_balancer(LoadBalancerArn=balancer)

    api = Works(ingresses=[ingress("api")], pools=[pool()], karpenter=True)
    made = drained(place, api, limits=Limits(60.0, 60.0, 0.05))
    assert (made.drains[0].reason, made.drains[0].removed, api.deleted) == ("", [], ["api", "default"])
    assert place.alive() == {other}
    assert len([one for one in cloud.admin.requests() if one["operation"] == "TerminateInstances"]) == 1


@pytest.mark.parametrize(
    ("karpenter", "reason"), [(False, "Karpenter does not run in it"), (True, "Karpenter did not finish within 0.5 s")]
)
def test_instances_that_karpenter_leaves_are_terminated_once_no_pool_replaces_them(place: Place, karpenter: bool, reason: str) -> None:
    place.instance(launched())
    by_hand = place.instance({"made": "by hand"})
    api = FakeApi(pools=[pool()], karpenter=karpenter)
    made = drained(place, api)
    assert (made.drains[0].reason, api.deleted) == (reason, ["default"])
    assert place.alive() == {by_hand}


def test_instances_outlive_a_cluster_whose_api_cannot_be_used(place: Place) -> None:
    """Karpenter, if it runs, would replace them; after the cluster, nothing does."""
    instance, template = place.instance(launched()), place.template("karpenter.k8s.aws/1", launched())
    other = place.template("karpenter.k8s.aws/2", launched("prod-other"))
    drained(place, api=None)
    assert place.alive() == {instance}
    made = drained(place, exists=False)
    assert place.alive() == set()
    left = {one["LaunchTemplateId"] for one in place.ec2.describe_launch_templates()["LaunchTemplates"]}
    assert (other in left, template in left) == (True, False)
    assert made.drains[0].removed == [f"instance {instance}", "launch template karpenter.k8s.aws/1"]


def test_the_time_is_over_and_what_is_left_is_named(place: Place) -> None:
    """A group that an interface of a load balancer still uses, which only AWS can release."""
    group = place.group("k8s-traffic-prodmain", MADE)
    interface = place.interface("ELB app/k8s-gone/50dc", groups=[group])
    instance = place.ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, SubnetId=place.subnets[0])["Instances"][0]
    place.ec2.attach_network_interface(NetworkInterfaceId=interface, InstanceId=instance["InstanceId"], DeviceIndex=1)
    made = drainer(place, exists=False)
    assert not made.drain(Limits(0.1, 0.5, 0.05), SystemClock(), silent)
    assert made.drains[0].left() == [f"network interface {interface}", f"security group k8s-traffic-prodmain ({group})"]


def test_what_is_protected_is_named_all_at_once(place: Place) -> None:
    arn = place.balancer("k8s-shop-api-1a", MADE)
    place.elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[{"Key": drain_aws.PROTECTION, "Value": "true"}])
    clusters = [
        Cluster(CLUSTER, frozenset({place.vpc}), key="main", protected=True),
        Cluster("prod-b", frozenset(), key="b", protected=True),
    ]
    made = Drainer(connection(place.cloud), clusters, [], lambda _name: FakeApi())  # type: ignore[arg-type,return-value]
    made.look()
    assert [one.partition(" is protected")[0] for one in made.protected()] == [
        "EKS cluster prod-main",
        "Load balancer k8s-shop-api-1a of cluster prod-main",
        "EKS cluster prod-b",
    ]


def test_a_run_that_is_stopped_is_finished_by_the_next(place: Place) -> None:
    everything(place)
    made = drainer(place, exists=False)

    def stop(_address: str, _doing: str, _seconds: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        made.drain(QUICK, SystemClock(), stop)
    drained(place, exists=False)
    assert place.names() == STRANGERS | {"nodes"}


def test_progress_lists_what_remains(place: Place) -> None:
    everything(place)
    lines: list[str] = []
    made = drainer(place, FakeApi(works=False, ingresses=[ingress("api")]))
    assert made.drain(QUICK, SystemClock(), lambda address, doing, _seconds: lines.append(f"{address}: {doing}"))
    things = "1 load balancer, 1 classic load balancer, 1 target group, 2 network interfaces, 3 security groups"
    assert lines[0] == f"eks_cluster prod-main: 1 Ingress, {things} left"


def test_volumes_are_named_and_stay(place: Place) -> None:
    tags = [{"Key": f"kubernetes.io/cluster/{CLUSTER}", "Value": "owned"}]
    volume = place.ec2.create_volume(AvailabilityZone="af-south-1a", Size=20, TagSpecifications=[{"ResourceType": "volume", "Tags": tags}])[
        "VolumeId"
    ]
    known = {"spec": {"csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1"}, "capacity": {"storage": "1Gi"}}}
    made = drained(place, FakeApi(volumes=[known]))
    made.name_volumes()
    assert [one["id"] for one in made.drains[0].volumes] == ["vol-1", volume]
    assert [one["VolumeId"] for one in place.ec2.describe_volumes(VolumeIds=[volume])["Volumes"]] == [volume]
