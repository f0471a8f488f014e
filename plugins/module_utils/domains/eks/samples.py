# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The smallest resource of each kind of a cluster, for tests that create, change and delete one of each kind.

A cluster needs a network, so the samples include the smallest one as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...aws.operations import Operation
from ...aws.place import Place
from ...aws.samples import Drift, Sample
from ...kinds.instance_profile import profile_name
from ...kinds.samples import NAME, ONE, TWO, VPC, VPC_ID, key, log_group, role, role_resource
from ...reconcile.model import Observed, Resource, ref
from .settings.karpenter import NODES, pattern, queue_name

CLUSTER = ref(f"eks_cluster.{NAME}")
TEMPLATE = Resource(
    "launch_template", NAME, {"launch_template_name": NAME, "data": {"MetadataOptions": {"HttpTokens": "required"}}, "tags": ONE}
)


TAG_BY_HAND = Drift(
    Operation("eks", "tag_resource"), lambda one: {"resourceArn": one.attributes["arn"], "tags": {"team": "by hand"}}, "tags"
)


def samples(place: Place) -> tuple[Sample, ...]:
    return (
        key(place),
        role(place),
        log_group(place, "cluster_log_group", "/aws/eks/sample/"),
        cluster(place),
        access_entry(place),
        oidc_provider(place),
        security_group_rule(place),
        launch_template(),
        instance_profile(place),
        queue(place),
        rule(place),
        node_group(place),
        fargate_profile(place),
        addon(place),
        pod_identity(place),
    )


def subnets(place: Place) -> tuple[Resource, ...]:
    return tuple(subnet(place, zone, f"10.0.{number}.0/24") for number, zone in enumerate("ab"))


def subnet(place: Place, zone: str, block: str) -> Resource:
    return Resource("subnet", f"{NAME}-{zone}", {"vpc_id": VPC_ID, "availability_zone": f"{place.region}{zone}", "cidr_block": block})


def ground(place: Place) -> tuple[Resource, ...]:
    """The resources that a cluster depends on."""
    policies = [place.aws_policy("AmazonEKSClusterPolicy")]
    return (VPC, *subnets(place), role_resource(place, "eks.amazonaws.com", "cluster", managed_policy_arns=policies))


def cluster(place: Place) -> Sample:
    network = ground(place)
    properties = {
        "cluster_name": f"{place.environment}-{NAME}",
        "role_arn": ref("iam_role.cluster", "arn"),
        "subnet_ids": [ref(subnet.address) for subnet in subnets(place)],
        "authentication_mode": "API",
        "bootstrap_self_managed_addons": False,
        "log_types": ["api"],
    }
    return Sample(
        Resource("eks_cluster", NAME, properties, after=("iam_role.cluster",)),
        needs=network,
        change={"log_types": ["api", "audit"]},
        drift=Drift(
            Operation("eks", "update_cluster_config"),
            lambda one: {"name": one.id, "logging": {"clusterLogging": [{"types": ["api"], "enabled": False}]}},
            "log_types",
        ),
    )


def inside(place: Place) -> tuple[Resource, ...]:
    """A cluster, and the resources that it depends on."""
    return (*ground(place), cluster(place).resource)


def named(one: Observed, name: str) -> dict[str, Any]:
    """The parameters that identify a resource in a cluster."""
    return {"clusterName": one.properties["cluster_name"], name: one.properties[_property(name)]}


def _property(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def access_entry(place: Place) -> Sample:
    person = role_resource(place, name="person")
    properties = {
        "cluster_name": CLUSTER,
        "principal_arn": ref(person.address, "arn"),
        "type": "STANDARD",
        "kubernetes_groups": ["one"],
        "policies": {},
    }
    return Sample(
        Resource("eks_access_entry", NAME, properties),
        needs=(*inside(place), person),
        change={"kubernetes_groups": ["two"]},
        drift=Drift(
            Operation("eks", "update_access_entry"),
            lambda one: {**named(one, "principalArn"), "kubernetesGroups": ["by-hand"]},
            "kubernetes_groups",
        ),
    )


def oidc_provider(place: Place) -> Sample:
    properties = {"url": ref(f"eks_cluster.{NAME}", "oidc_issuer"), "client_id_list": ["sts.amazonaws.com"]}
    return Sample(
        Resource("iam_oidc_provider", NAME, properties),
        needs=inside(place),
        change={"client_id_list": ["sts.amazonaws.com", "other"]},
        drift=Drift(
            Operation("iam", "add_client_id_to_open_id_connect_provider"),
            lambda one: {"OpenIDConnectProviderArn": one.id, "ClientID": "by-hand"},
            "client_id_list",
        ),
    )


def security_group_rule(place: Place) -> Sample:
    group = Resource("security_group", NAME, {"group_name": NAME, "description": NAME, "vpc_id": VPC_ID})
    properties = {
        "group_id": ref(f"eks_cluster.{NAME}", "cluster_security_group_id"),
        "is_egress": False,
        "ip_protocol": "-1",
        "peer_group_id": ref(group.address),
        "description": NAME,
        "tags": ONE,
    }
    return Sample(
        Resource("security_group_rule", NAME, properties),
        needs=(*inside(place), group),
        change={"tags": TWO},
        drift=Drift(
            Operation("ec2", "create_tags"), lambda one: {"Resources": [one.id], "Tags": [{"Key": "team", "Value": "by hand"}]}, "tags"
        ),
    )


def instance_profile(place: Place) -> Sample:
    name = f"{place.environment}.{place.component}.{NODES}"
    role, other = role_resource(place, name="nodes"), role_resource(place, name="others")
    role = Resource(role.kind, role.name, {**role.properties, "role_name": name})
    return Sample(
        Resource("iam_instance_profile", NAME, {"instance_profile_name": profile_name(name), "role_name": ref(role.address), "tags": ONE}),
        needs=(role, other),
        change={"role_name": ref(other.address), "tags": TWO},
        drift=Drift(
            Operation("iam", "remove_role_from_instance_profile"),
            lambda one: {"InstanceProfileName": one.id, "RoleName": one.properties["role_name"]},
            "role_name",
        ),
    )


def queue(place: Place) -> Sample:
    properties = {
        "queue_name": queue_name(place.environment, place.component, NAME),
        "message_retention_period": 300,
        "sqs_managed_sse_enabled": True,
        "tags": ONE,
    }
    return Sample(
        Resource("sqs_queue", NAME, properties),
        change={"message_retention_period": 600, "tags": TWO},
        drift=Drift(
            Operation("sqs", "set_queue_attributes"),
            lambda one: {"QueueUrl": one.id, "Attributes": {"MessageRetentionPeriod": "60"}},
            "message_retention_period",
        ),
    )


def rule(place: Place) -> Sample:
    target = queue(place).resource
    name = f"{place.environment}.{place.component}.{NAME}"
    properties = {
        "rule_name": name,
        "description": "one",
        "event_pattern": pattern("spot"),
        "enabled": True,
        "target_arns": [ref(target.address, "arn")],
        "tags": ONE,
    }
    return Sample(
        Resource("events_rule", NAME, properties),
        needs=(target,),
        change={"description": "two", "tags": TWO},
        drift=Drift(Operation("events", "disable_rule"), lambda one: {"Name": one.id}, "enabled"),
    )


def launch_template() -> Sample:
    def changed(one: Observed) -> Mapping[str, Any]:
        return {"LaunchTemplateId": one.id, "LaunchTemplateData": {"MetadataOptions": {"HttpTokens": "optional"}}}

    return Sample(
        TEMPLATE,
        change={"data": {"MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}}},
        drift=Drift(Operation("ec2", "create_launch_template_version"), changed, "data"),
    )


def node_group(place: Place) -> Sample:
    nodes, network = role_resource(place, name="nodes"), addon(place).resource
    properties = {
        "cluster_name": CLUSTER,
        "nodegroup_name": NAME,
        "node_role": ref(nodes.address, "arn"),
        "subnet_ids": [ref(subnet.address) for subnet in subnets(place)],
        "instance_types": ["t3.medium"],
        "launch_template_id": ref(TEMPLATE.address),
        "launch_template_version": ref(TEMPLATE.address, "latest_version"),
        "min_size": 1,
        "max_size": 2,
        "desired_size": 1,
    }
    return Sample(
        Resource("eks_nodegroup", NAME, properties, after=(network.address,)),
        needs=(*inside(place), nodes, network, TEMPLATE),
        change={"max_size": 3},
        drift=Drift(
            Operation("eks", "update_nodegroup_config"),
            lambda one: {**named(one, "nodegroupName"), "scalingConfig": {"maxSize": 4}},
            "max_size",
        ),
    )


def fargate_profile(place: Place) -> Sample:
    runner = role_resource(place, "eks-fargate-pods.amazonaws.com", "fargate")
    properties = {
        "cluster_name": CLUSTER,
        "fargate_profile_name": NAME,
        "pod_execution_role_arn": ref(runner.address, "arn"),
        "subnet_ids": [ref(subnet.address) for subnet in subnets(place)],
        "selectors": [{"namespace": NAME}],
        "tags": ONE,
    }
    return Sample(
        Resource("eks_fargate_profile", NAME, properties), needs=(*inside(place), runner), change={"tags": TWO}, drift=TAG_BY_HAND
    )


def addon(place: Place) -> Sample:
    properties = {"cluster_name": CLUSTER, "addon_name": "vpc-cni", "configuration": {"enableNetworkPolicy": "true"}}
    return Sample(
        Resource("eks_addon", NAME, properties),
        needs=inside(place),
        change={"configuration": {"enableNetworkPolicy": "false"}},
        drift=Drift(
            Operation("eks", "update_addon"),
            lambda one: {**named(one, "addonName"), "configurationValues": '{"enableNetworkPolicy": "false"}'},
            "configuration",
        ),
    )


def pod_identity(place: Place) -> Sample:
    pods, others = (role_resource(place, "pods.eks.amazonaws.com", name) for name in ("pods", "others"))
    properties = {"cluster_name": CLUSTER, "namespace": NAME, "service_account": NAME, "role_arn": ref(pods.address, "arn")}

    return Sample(
        Resource("eks_pod_identity_association", NAME, {**properties, "tags": ONE}),
        needs=(*inside(place), pods, others),
        change={"role_arn": ref(others.address, "arn")},
        drift=TAG_BY_HAND,
    )
