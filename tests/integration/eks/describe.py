# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The contents of the cloud as boto3 reports them: an independent check that shares no code with the collection.

``described`` returns every resource with an owner's tags, by address, with its properties in the shape of a plan.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rehearsal.testing import Cloud
from tests.integration.network.describe import OWN, Described, everything

Tagged = tuple[dict[str, str], Described]


def described(cloud: Cloud, environment: str = "prod", component: str = "cluster") -> dict[str, Described]:
    """Properties by address of every resource with this owner's tags; the ID is below "id"."""
    found: dict[str, Described] = {}
    beside = (of_templates, of_providers, of_rules, of_profiles, of_queues, of_events)
    shared = everything(cloud, ("log_group", "kms_key", "iam_role"))
    for tags, one in [*shared, *of_eks(cloud), *(found for of_kind in beside for found in of_kind(cloud))]:
        if (tags.get(OWN[0]), tags.get(OWN[1])) == (environment, component):
            assert tags[OWN[2]] not in found, f"two resources claim {tags[OWN[2]]}"
            found[tags[OWN[2]]] = {**one, "tags": {name: value for name, value in tags.items() if name not in OWN}}
    return found


def of_eks(cloud: Cloud) -> Iterator[Tagged]:
    eks = cloud.client("eks")
    for name in eks.list_clusters()["clusters"]:
        raw = eks.describe_cluster(name=name)["cluster"]
        yield raw["tags"], {"id": name, **cluster(raw)}
        for entry in eks.list_access_entries(clusterName=name)["accessEntries"]:
            yield access_entry(eks, name, entry)
        for addon in eks.list_addons(clusterName=name)["addons"]:
            yield addon_of(eks, name, addon)
        for group in eks.list_nodegroups(clusterName=name)["nodegroups"]:
            raw = eks.describe_nodegroup(clusterName=name, nodegroupName=group)["nodegroup"]
            yield raw["tags"], {"id": raw["nodegroupArn"], **node_group(cloud, raw)}
        for profile in eks.list_fargate_profiles(clusterName=name)["fargateProfileNames"]:
            raw = eks.describe_fargate_profile(clusterName=name, fargateProfileName=profile)["fargateProfile"]
            yield raw["tags"], fargate_profile(raw)
        for association in eks.list_pod_identity_associations(clusterName=name)["associations"]:
            parameters = {"clusterName": name, "associationId": association["associationId"]}
            raw = eks.describe_pod_identity_association(**parameters)["association"]
            yield raw["tags"], pod_identity(raw)


def cluster(raw: Any) -> Described:
    network, logs = raw["resourcesVpcConfig"], raw["logging"]["clusterLogging"]
    return {
        "cluster_name": raw["name"],
        "role_arn": raw["roleArn"],
        "version": raw["version"],
        "subnet_ids": network["subnetIds"],
        "security_group_ids": network["securityGroupIds"],
        "endpoint_public_access": network["endpointPublicAccess"],
        "endpoint_private_access": network["endpointPrivateAccess"],
        "public_access_cidrs": network["publicAccessCidrs"],
        "log_types": [kind for entry in logs if entry["enabled"] for kind in entry["types"]],
        "secrets_key_arn": raw["encryptionConfig"][0]["provider"]["keyArn"],
        "service_ipv4_cidr": raw["kubernetesNetworkConfig"].get("serviceIpv4Cidr"),
        "ip_family": raw["kubernetesNetworkConfig"]["ipFamily"],
        "upgrade_policy": raw["upgradePolicy"]["supportType"],
        "deletion_protection": raw["deletionProtection"],
        "authentication_mode": raw["accessConfig"]["authenticationMode"],
        # initial settings of a cluster are visible only in their results
        "creator_is_admin": raw["accessConfig"]["bootstrapClusterCreatorAdminPermissions"],
        "bootstrap_self_managed_addons": False,
    }


def access_entry(eks: Any, cluster_name: str, principal: str) -> Tagged:
    raw = eks.describe_access_entry(clusterName=cluster_name, principalArn=principal)["accessEntry"]
    policies = {}
    for one in eks.list_associated_access_policies(clusterName=cluster_name, principalArn=principal)["associatedAccessPolicies"]:
        scope = one["accessScope"]
        policies[one["policyArn"].rpartition("/")[2]] = "cluster" if scope["type"] == "cluster" else scope["namespaces"]
    return raw["tags"], {
        "id": raw["accessEntryArn"],
        "cluster_name": cluster_name,
        "principal_arn": principal,
        "type": raw["type"],
        "username": raw["username"],
        "kubernetes_groups": raw["kubernetesGroups"],
        "policies": policies,
    }


def addon_of(eks: Any, cluster_name: str, name: str) -> Tagged:
    raw = eks.describe_addon(clusterName=cluster_name, addonName=name)["addon"]
    found = {
        "id": raw["addonArn"],
        "cluster_name": cluster_name,
        "addon_name": name,
        "addon_version": raw["addonVersion"],
        "configuration": json.loads(raw.get("configurationValues") or "null"),
        "resolve_conflicts": "OVERWRITE",
        "status": raw["status"],
    }
    for arn in raw.get("podIdentityAssociations", []):
        parameters = {"clusterName": cluster_name, "associationId": arn.rpartition("/")[2]}
        association = eks.describe_pod_identity_association(**parameters)["association"]
        found["pod_identity_role_arn"] = association["roleArn"]
        found["pod_identity_service_account"] = association["serviceAccount"]
    return raw["tags"], found


def node_group(cloud: Cloud, raw: Any) -> Described:
    names = {"maxUnavailable": "max_unavailable", "maxUnavailablePercentage": "max_unavailable_percentage"}
    update = {own: raw["updateConfig"][name] for name, own in names.items() if name in raw["updateConfig"]}
    (group,) = raw["resources"]["autoScalingGroups"]
    return {
        "cluster_name": raw["clusterName"],
        "nodegroup_name": raw["nodegroupName"],
        "node_role": raw["nodeRole"],
        "subnet_ids": raw["subnets"],
        "instance_types": raw["instanceTypes"],
        "ami_type": raw["amiType"],
        "capacity_type": raw["capacityType"],
        "launch_template_id": raw["launchTemplate"]["id"],
        "launch_template_version": raw["launchTemplate"]["version"],
        "version": raw["version"],
        "min_size": raw["scalingConfig"]["minSize"],
        "max_size": raw["scalingConfig"]["maxSize"],
        "desired_size": raw["scalingConfig"]["desiredSize"],
        "labels": raw.get("labels", {}),
        "taints": raw.get("taints", []),
        "update_config": update,
        **scaling(cloud, group["name"]),
    }


def scaling(cloud: Cloud, group: str) -> Described:
    autoscaling = cloud.client("autoscaling")
    policies = autoscaling.describe_policies(AutoScalingGroupName=group)["ScalingPolicies"]
    keys = {
        "recurrence": "Recurrence",
        "time_zone": "TimeZone",
        "min_size": "MinSize",
        "max_size": "MaxSize",
        "desired_size": "DesiredCapacity",
    }
    actions = autoscaling.describe_scheduled_actions(AutoScalingGroupName=group)["ScheduledUpdateGroupActions"]
    found: Described = {
        "schedules": {
            one["ScheduledActionName"].removeprefix("mainstay-"): {
                own: one[name] for own, name in keys.items() if one.get(name) is not None
            }
            for one in actions
        }
    }
    if policies:
        found["target_cpu_percent"] = policies[0]["TargetTrackingConfiguration"]["TargetValue"]
    return found


def fargate_profile(raw: Any) -> Described:
    return {
        "id": raw["fargateProfileArn"],
        "cluster_name": raw["clusterName"],
        "fargate_profile_name": raw["fargateProfileName"],
        "pod_execution_role_arn": raw["podExecutionRoleArn"],
        "subnet_ids": raw["subnets"],
        "selectors": raw["selectors"],
    }


def pod_identity(raw: Any) -> Described:
    return {
        "id": raw["associationId"],
        "cluster_name": raw["clusterName"],
        "namespace": raw["namespace"],
        "service_account": raw["serviceAccount"],
        "role_arn": raw["roleArn"],
    }


def of_templates(cloud: Cloud) -> Iterator[Tagged]:
    """Those that a user tagged; EKS creates further ones of its own."""
    ec2 = cloud.client("ec2")
    for raw in ec2.describe_launch_templates()["LaunchTemplates"]:
        tags = {tag["Key"]: tag["Value"] for tag in raw.get("Tags", [])}
        parameters = {"LaunchTemplateId": raw["LaunchTemplateId"], "Versions": ["$Latest"]}
        (latest,) = ec2.describe_launch_template_versions(**parameters)["LaunchTemplateVersions"]
        data = latest["LaunchTemplateData"]
        yield tags, {"id": raw["LaunchTemplateId"], "launch_template_name": raw["LaunchTemplateName"], "data": data}


def of_providers(cloud: Cloud) -> Iterator[Tagged]:
    iam = cloud.client("iam")
    for entry in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]:
        raw = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=entry["Arn"])
        tags = {tag["Key"]: tag["Value"] for tag in raw["Tags"]}
        yield tags, {"id": entry["Arn"], "url": raw["Url"], "client_id_list": raw["ClientIDList"]}


def of_profiles(cloud: Cloud) -> Iterator[Tagged]:
    iam = cloud.client("iam")
    for entry in iam.list_instance_profiles()["InstanceProfiles"]:
        raw = iam.get_instance_profile(InstanceProfileName=entry["InstanceProfileName"])["InstanceProfile"]
        tags = {tag["Key"]: tag["Value"] for tag in raw.get("Tags", [])}
        (role,) = (one["RoleName"] for one in raw["Roles"])
        yield tags, {"id": raw["Arn"], "instance_profile_name": raw["InstanceProfileName"], "role_name": role}


def of_queues(cloud: Cloud) -> Iterator[Tagged]:
    sqs = cloud.client("sqs")
    for url in sqs.list_queues().get("QueueUrls", []):
        raw = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        yield (
            sqs.list_queue_tags(QueueUrl=url)["Tags"],
            {
                "id": url,
                "queue_name": url.rpartition("/")[2],
                "message_retention_period": raw["MessageRetentionPeriod"],
                "sqs_managed_sse_enabled": raw["SqsManagedSseEnabled"],
                "policy": json.loads(raw["Policy"]),
            },
        )


def of_events(cloud: Cloud) -> Iterator[Tagged]:
    events = cloud.client("events")
    for raw in events.list_rules()["Rules"]:
        tags = events.list_tags_for_resource(ResourceARN=raw["Arn"])["Tags"]
        yield (
            {tag["Key"]: tag["Value"] for tag in tags},
            {
                "id": raw["Arn"],
                "rule_name": raw["Name"],
                "description": raw["Description"],
                "event_pattern": json.loads(raw["EventPattern"]),
                "enabled": raw["State"] == "ENABLED",
                "target_arns": [target["Arn"] for target in events.list_targets_by_rule(Rule=raw["Name"])["Targets"]],
            },
        )


def of_rules(cloud: Cloud) -> Iterator[Tagged]:
    """Those that a user tagged; most rules belong to their group alone."""
    for raw in cloud.client("ec2").describe_security_group_rules()["SecurityGroupRules"]:
        yield (
            {tag["Key"]: tag["Value"] for tag in raw.get("Tags", [])},
            {
                "id": raw["SecurityGroupRuleId"],
                "group_id": raw["GroupId"],
                "is_egress": raw["IsEgress"],
                "ip_protocol": raw["IpProtocol"],
                "peer_group_id": raw.get("ReferencedGroupInfo", {}).get("GroupId"),
                "description": raw.get("Description"),
            },
        )
