"""Clusters: cases that the smallest resource of a kind does not cover."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.operations import Operation
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.samples import Drift, Sample
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks import samples as smallest
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings import karpenter
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.karpenter import pattern
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource
from rehearsal.extensions.eks_releases import DEFAULT_AMI_TYPE, releases
from rehearsal.kubernetes import VERSIONS
from rehearsal.testing import Cloud
from tests.contract.account import Count, listed
from tests.contract.further.shared import FEW, LOG_GROUPS, MANY

POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"

BEFORE, NEWEST = "1.34", "1.35"
UNTAG = Drift(Operation("eks", "untag_resource"), lambda one: {"resourceArn": one.attributes["arn"], "tagKeys": ["team"]}, "tags")


def altered(sample: Sample, drift: Drift, change: dict[str, Any], more: tuple[Resource, ...] = (), **properties: Any) -> Sample:
    """A smallest sample with other properties, a different change, and a different drift."""
    own = sample.resource
    resource = Resource(own.kind, own.name, {**own.properties, **properties}, own.after)
    return Sample(resource, needs=(*sample.needs, *more), change=change, drift=drift)


def cluster(place: Place) -> Sample:
    """Requires several updates, one after another."""
    return altered(
        smallest.cluster(place),
        UNTAG,
        {"endpoint_public_access": False, "log_types": ["audit"], "tags": FEW},
        endpoint_public_access=True,
        endpoint_private_access=True,
        tags=MANY,
    )


def access_policies(place: Place) -> Sample:
    """Policies added and removed, one of them by hand."""
    return altered(
        smallest.access_entry(place),
        Drift(
            Operation("eks", "disassociate_access_policy"),
            lambda one: {**smallest.named(one, "principalArn"), "policyArn": POLICY},
            "policies",
        ),
        {"policies": {"AmazonEKSEditPolicy": ["web"]}, "tags": FEW},
        policies={"AmazonEKSViewPolicy": "cluster"},
        tags=MANY,
    )


def tagged_template(_place: Place) -> Sample:
    """Tags added and removed, one of them by hand; and user data."""
    untag = Drift(Operation("ec2", "delete_tags"), lambda one: {"Resources": [one.id], "Tags": [{"Key": "team"}]}, "tags")
    data = {**smallest.TEMPLATE.properties["data"], "UserData": "one"}
    return altered(smallest.launch_template(), untag, {"tags": FEW, "data": {**data, "UserData": "two"}}, tags=MANY, data=data)


def rule_out(place: Place) -> Sample:
    """Out of the group, with tags removed by hand."""
    untag = Drift(Operation("ec2", "delete_tags"), lambda one: {"Resources": [one.id], "Tags": [{"Key": "team"}]}, "tags")
    return altered(smallest.security_group_rule(place), untag, {"tags": FEW}, is_egress=True, tags=MANY)


def oidc_provider(place: Place) -> Sample:
    """Tags, and an audience removed by hand."""
    return altered(
        smallest.oidc_provider(place),
        Drift(
            Operation("iam", "remove_client_id_from_open_id_connect_provider"),
            lambda one: {"OpenIDConnectProviderArn": one.id, "ClientID": "sts.amazonaws.com"},
            "client_id_list",
        ),
        {"tags": FEW},
        tags=MANY,
    )


def scaled_nodes(place: Place) -> Sample:
    """Scaling policy and schedules, labels, and a launch template version, which replaces the nodes."""
    schedule = {"recurrence": "0 8 * * *", "min_size": 2}

    def unscheduled(one: Any) -> dict[str, Any]:
        return {"AutoScalingGroupName": one.attributes["autoscaling_group_name"], "ScheduledActionName": "mainstay-day"}

    return altered(
        smallest.node_group(place),
        Drift(Operation("autoscaling", "delete_scheduled_action"), unscheduled, "schedules"),
        {"target_cpu_percent": None, "schedules": {}, "labels": {"a": "1"}, "max_size": 3},
        target_cpu_percent=70,
        schedules={"day": schedule},
    )


def upgraded_cluster(place: Place) -> Sample:
    """A Kubernetes upgrade by one minor version."""
    return altered(smallest.cluster(place), UNTAG, {"version": NEWEST}, version=BEFORE, tags=MANY)


def renewed_nodes(place: Place) -> Sample:
    """Nodes from a newer image."""
    older, newer = releases(DEFAULT_AMI_TYPE, max(VERSIONS))
    return altered(smallest.node_group(place), UNTAG, {"release_version": newer}, release_version=older, tags=MANY)


def other_nodes(place: Place) -> Sample:
    """Different instances under the same name: the old ones must be deleted first."""
    return replace(smallest.node_group(place), change={"instance_types": ["t3.large"]})


def other_events(place: Place) -> Sample:
    """Another pattern, and targets removed by hand."""
    drift = Drift(
        Operation("events", "remove_targets"),
        lambda one: {"Rule": one.id, "Ids": [one.properties["target_arns"][0].rpartition(":")[2]]},
        "target_arns",
    )
    return altered(smallest.rule(place), drift, {"event_pattern": pattern("health"), "enabled": False, "tags": FEW}, tags=MANY)


def queue_policy(place: Place) -> Sample:
    """A policy, changed by hand and removed."""
    arn = place.arn("sqs", smallest.queue(place).resource.properties["queue_name"])
    drift = Drift(Operation("sqs", "set_queue_attributes"), lambda one: {"QueueUrl": one.id, "Attributes": {"Policy": ""}}, "policy")
    policies = [karpenter.queue_policy(arn, place.arn("events", f"rule/{name}")) for name in ("a", "b")]
    return altered(smallest.queue(place), drift, {"policy": policies[1], "tags": FEW}, policy=policies[0], tags=MANY)


def bare_profile(place: Place) -> Sample:
    """Tags, one of them removed by hand."""
    untag = Drift(Operation("iam", "untag_instance_profile"), lambda one: {"InstanceProfileName": one.id, "TagKeys": ["team"]}, "tags")
    return altered(smallest.instance_profile(place), untag, {"tags": FEW}, tags=MANY)


def in_clusters(method: str, items: str) -> Count:
    """The entries of an EKS list call that is made for each cluster."""

    def count_them(cloud: Cloud) -> Counter[str]:
        eks = cloud.client("eks")
        return Counter({items: sum(len(getattr(eks, method)(clusterName=name)[items]) for name in eks.list_clusters()["clusters"])})

    return count_them


def templates(cloud: Cloud) -> Counter[str]:
    found = cloud.client("ec2").describe_launch_templates()["LaunchTemplates"]
    return Counter(templates=len(found), versions=sum(one["LatestVersionNumber"] for one in found))


def tagged_rules(cloud: Cloud) -> Counter[str]:
    """AWS creates others with each group."""
    found = cloud.client("ec2").describe_security_group_rules()["SecurityGroupRules"]
    return Counter(rules=sum(bool(one.get("Tags")) for one in found))


def nodegroups(cloud: Cloud) -> Counter[str]:
    scaling = cloud.client("autoscaling")
    found = in_clusters("list_nodegroups", "nodegroups")(cloud)
    groups = {group["AutoScalingGroupName"] for group in scaling.describe_auto_scaling_groups()["AutoScalingGroups"]}
    for name, items in (("policies", "ScalingPolicies"), ("scheduled_actions", "ScheduledUpdateGroupActions")):
        found[items] = sum(one["AutoScalingGroupName"] in groups for one in getattr(scaling, f"describe_{name}")()[items])
    found["scaling groups"] = len(groups)
    return found


def rules_with_targets(cloud: Cloud) -> Counter[str]:
    events = cloud.client("events")
    names = [rule["Name"] for rule in events.list_rules()["Rules"]]
    return Counter(rules=len(names), targets=sum(len(events.list_targets_by_rule(Rule=name)["Targets"]) for name in names))


COUNTS = {
    "eks_cluster": listed("eks", "list_clusters", "clusters"),
    "eks_access_entry": in_clusters("list_access_entries", "accessEntries"),
    "eks_addon": in_clusters("list_addons", "addons"),
    "eks_nodegroup": nodegroups,
    "eks_fargate_profile": in_clusters("list_fargate_profiles", "fargateProfileNames"),
    "eks_pod_identity_association": in_clusters("list_pod_identity_associations", "associations"),
    "launch_template": templates,
    "security_group_rule": tagged_rules,
    "iam_oidc_provider": listed("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList"),
    "cluster_log_group": LOG_GROUPS,
    "iam_instance_profile": listed("iam", "list_instance_profiles", "InstanceProfiles"),
    "sqs_queue": listed("sqs", "list_queues", "QueueUrls"),
    "events_rule": rules_with_targets,
}
FURTHER = {
    "eks": {
        "pattern and targets": other_events,
        "queue policy": queue_policy,
        "profile": bare_profile,
        "updates": cluster,
        "tagged template": tagged_template,
        "way out": rule_out,
        "upgrade": upgraded_cluster,
        "policies": access_policies,
        "audience": oidc_provider,
        "scaling": scaled_nodes,
        "other machines": other_nodes,
        "renewal": renewed_nodes,
    }
}
ONE_WAY = ("upgrade", "renewal")
