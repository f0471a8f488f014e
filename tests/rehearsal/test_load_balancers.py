"""What the simulated controller creates for Ingresses and Services, and load balancers themselves, which block deletion of their
subnets.
"""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.kubernetes.load_balancers import Stack, delay_of, is_available, stacks_of
from rehearsal.kubernetes.routing import routing_of

from .conftest import CheckedCloud, refused

CLASSES = [{"metadata": {"name": "alb"}, "spec": {"controller": "ingress.k8s.aws/alb"}}]
HELD, SERVED = ["ingress.k8s.aws/resources"], ["service.k8s.aws/resources"]
LBC, NLB = "alb.ingress.kubernetes.io", "service.beta.kubernetes.io/aws-load-balancer"


def thing(name: str, spec: dict[str, Any], *, finalizers: list[str] | None = None, deleted: bool = False, **said: str) -> dict[str, Any]:
    notes = {key.replace("__", "/").replace("_", "-"): value for key, value in said.items()}
    metadata = {"namespace": "web", "name": name, "uid": f"uid-{name}", "annotations": notes, "finalizers": finalizers or []}
    return {"metadata": metadata | ({"deletionTimestamp": "2026-01-01T00:00:00Z"} if deleted else {}), "spec": spec}


def ingress(name: str = "shop", of: str = "alb", group: str | None = None, **options: Any) -> dict[str, Any]:
    path = {"path": "/", "backend": {"service": {"name": "api", "port": {"number": 80}}}}
    made = thing(name, {"ingressClassName": of, "rules": [{"http": {"paths": [path]}}]}, **options)
    made["metadata"]["annotations"] |= {f"{LBC}/group.name": group} if group else {}
    return made


def service(name: str = "tcp", of: str | None = "service.k8s.aws/nlb", **options: Any) -> dict[str, Any]:
    spec = {"type": "LoadBalancer", "ports": [{"port": 5432, "protocol": "TCP"}]}
    return thing(name, spec | ({"loadBalancerClass": of} if of else {}), **options)


ON_ONE_PORT: dict[str, tuple[dict[str, str], list[tuple[str, int]]]] = {
    "the first of two protocols counts": ({}, [("UDP", 53), ("TCP", 443)]),
    "one listener for both, when asked for": ({f"{NLB}-enable-tcp-udp-listener": "true"}, [("TCP_UDP", 53), ("TCP", 443)]),
}


@pytest.mark.parametrize("case", ON_ONE_PORT)
def test_a_port_number_has_one_listener_with_its_own_target_group(case: str) -> None:
    notes, expected = ON_ONE_PORT[case]
    ports = [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}, {"port": 443}]
    (stack,) = stacks_of(
        [], [thing("dns", {"type": "LoadBalancer", "ports": ports, "loadBalancerClass": "service.k8s.aws/nlb"}, **notes)], []
    )
    found = routing_of(stack, [])
    assert [(one.protocol, one.port) for one in found.listeners] == expected
    assert [(one.backend.resource, one.protocol) for one in found.groups] == [("web/dns:53", expected[0][0]), ("web/dns:443", "TCP")]
    leads = [one.default["ForwardConfig"]["TargetGroups"][0]["Resource"] for one in found.listeners]
    assert leads == ["web/dns:53", "web/dns:443"]


@pytest.mark.parametrize(
    ("ingresses", "services", "expected"),
    [
        ([ingress()], [], {("ingress", "web/shop"): (1, 0)}),
        ([ingress(of="nginx")], [], {}),
        ([ingress(of="nginx", finalizers=HELD)], [], {("ingress", "web/shop"): (0, 1)}),
        ([ingress(deleted=True, finalizers=HELD)], [], {("ingress", "web/shop"): (0, 1)}),
        ([ingress(deleted=True)], [], {("ingress", "web/shop"): (0, 0)}),
        ([ingress("a", group="all"), ingress("b", group="all")], [], {("ingress", "all"): (2, 0)}),
        (
            [ingress("a", group="all"), ingress("b", group="all", deleted=True, finalizers=["group.ingress.k8s.aws/all"])],
            [],
            {("ingress", "all"): (1, 1)},
        ),
        ([], [service()], {("service", "web/tcp"): (1, 0)}),
        ([], [service(of=None)], {}),
        ([], [thing("tcp", {"type": "ClusterIP"}, finalizers=SERVED)], {("service", "web/tcp"): (0, 1)}),
    ],
)
def test_stacks(ingresses: list[Any], services: list[Any], expected: dict[tuple[str, str], tuple[int, int]]) -> None:
    found = {(each.kind, each.identity): (len(each.objects), len(each.leaving)) for each in stacks_of(ingresses, services, CLASSES)}
    assert found == expected


def test_a_service_by_annotation() -> None:
    one = service(of=None)
    one["metadata"]["annotations"] = {f"{NLB}-type": "external", f"{NLB}-scheme": "internet-facing"}
    (stack,) = stacks_of([], [one], [])
    assert (stack.scheme, stack.type, stack.target_type) == ("internet-facing", "network", "instance")
    routing = routing_of(stack, [])
    assert [(each.protocol, each.port) for each in routing.listeners] == [("TCP", 5432)]
    assert [each.backend.resource for each in routing.groups] == ["web/tcp:5432"]


def test_an_ingress_with_annotations() -> None:
    one = ingress()
    one["metadata"]["annotations"] = {
        f"{LBC}/scheme": "internet-facing",
        f"{LBC}/subnets": "subnet-1, subnet-2",
        f"{LBC}/tags": "a=b,c=d",
        f"{LBC}/certificate-arn": "arn:aws:acm:x",
        f"{LBC}/target-type": "ip",
    }
    (stack,) = stacks_of([one], [], CLASSES)
    assert (stack.scheme, stack.subnets, stack.tags) == ("internet-facing", ["subnet-1", "subnet-2"], {"a": "b", "c": "d"})
    routing = routing_of(stack, [])
    assert [(each.protocol, each.port, each.certificates) for each in routing.listeners] == [("HTTPS", 443, ("arn:aws:acm:x",))]
    assert [(each.backend.resource, each.target_type) for each in routing.groups] == [("web/shop-api:80", "ip")]
    assert stack.name.startswith("k8s-web-shop-")
    assert len(stack.name) <= 32


def test_names_of_groups_stay_short() -> None:
    (stack,) = stacks_of([ingress(group="a-group-with-a-rather-long-name")], [], CLASSES)
    assert isinstance(stack, Stack)
    assert stack.finalizer == "group.ingress.k8s.aws/a-group-with-a-rather-long-name"
    assert len(stack.name) <= 32


@pytest.mark.parametrize(("said", "seconds"), [("10s", 10.0), ("500ms", 0.5), ("2m", 120.0), ("soon", 3.0), (None, 3.0)])
def test_how_long_one_takes_to_go(said: str | None, seconds: float) -> None:
    one = ingress()
    one["metadata"]["annotations"] = {"rehearsal.mainstay/delete-delay": said} if said else {}
    assert delay_of(one, 3.0) == seconds


READY = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}


@pytest.mark.parametrize(
    ("deployments", "pods", "expected"),
    [
        ([], [], False),
        ([{"status": {"availableReplicas": 1}}], [], True),
        ([{"status": {}}], [], False),
        ([], [READY], True),
        ([], [{"status": {"conditions": [{"type": "Ready", "status": "False"}]}}], False),
    ],
)
def test_when_the_controller_runs(deployments: list[Any], pods: list[Any], expected: bool) -> None:
    assert is_available(deployments, pods) is expected


@pytest.mark.parametrize(("kind", "short"), [("application", "app"), ("network", "net")])
def test_a_load_balancer_holds_its_subnets(
    cloud: CheckedCloud, ec2: Any, vpc_id: str, subnet_ids: list[str], kind: str, short: str
) -> None:
    elb = cloud.client("elbv2")
    given = {"Name": "shop", "Subnets": subnet_ids, "Type": kind, "Scheme": "internal", "Tags": [{"Key": "a", "Value": "b"}]}
    made = elb.create_load_balancer(**given)["LoadBalancers"][0]
    arn = made["LoadBalancerArn"]
    assert f":loadbalancer/{short}/shop/" in arn
    (described,) = elb.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]
    assert (described["Type"], described["DNSName"]) == (kind, made["DNSName"])
    assert elb.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"] == [{"Key": "a", "Value": "b"}]
    interfaces = ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert {each["Description"] for each in interfaces} == {f"ELB {arn.split(':loadbalancer/')[1]}"}
    assert {(each["Status"], each["RequesterManaged"]) for each in interfaces} == {("in-use", True)}
    assert refused(ec2.delete_subnet, SubnetId=subnet_ids[0]) == "DependencyViolation"
    assert refused(ec2.delete_network_interface, NetworkInterfaceId=interfaces[0]["NetworkInterfaceId"]) == "AuthFailure"
    assert refused(elb.create_load_balancer, **given) == "DuplicateLoadBalancerName"
    elb.delete_load_balancer(LoadBalancerArn=arn)
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == []
    ec2.delete_subnet(SubnetId=subnet_ids[0])


def test_a_public_load_balancer_holds_the_gateway(
    cloud: CheckedCloud, ec2: Any, vpc_id: str, subnet_ids: list[str], internet_gateway_id: str
) -> None:
    elb = cloud.client("elbv2")
    arn = elb.create_load_balancer(Name="shop", Subnets=subnet_ids)["LoadBalancers"][0]["LoadBalancerArn"]
    gateway = {"InternetGatewayId": internet_gateway_id, "VpcId": vpc_id}
    assert refused(ec2.detach_internet_gateway, **gateway) == "DependencyViolation"
    elb.delete_load_balancer(LoadBalancerArn=arn)
    ec2.detach_internet_gateway(**gateway)
