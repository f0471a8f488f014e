"""Node groups of clusters without a control plane: refusals, the Auto Scaling group behind them, launch templates, updates."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from rehearsal.extensions.eks_instances import Build
from rehearsal.extensions.eks_nodegroup_life import shape
from rehearsal.extensions.eks_releases import releases
from rehearsal.extensions.eks_user_data import NODE_CONFIG, max_pods

from .conftest import ACCOUNT, REGION, CheckedCloud, refused, until
from .eks_nodes import SIZES, Site


@pytest.fixture
def site(cloud: CheckedCloud) -> Site:
    return Site(cloud)


INVALID, UNUSABLE = "InvalidParameterException", "InvalidRequestException"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"instanceTypes": ["t9.huge"]}, INVALID),
        ({"instanceTypes": ["t4g.medium"], "amiType": "AL2023_x86_64_STANDARD"}, INVALID),
        ({"instanceTypes": ["t3.medium", "t4g.medium"]}, INVALID),
        ({"instanceTypes": ["t3.medium"], "amiType": "BOTTLEROCKET_ARM_64"}, INVALID),
        ({"amiType": "AL2_x86_64"}, INVALID),
        ({"amiType": "CUSTOM"}, INVALID),
        ({"scalingConfig": {"minSize": 2, "maxSize": 1, "desiredSize": 2}}, INVALID),
        ({"scalingConfig": {"minSize": 1, "maxSize": 2, "desiredSize": 3}}, INVALID),
        ({"scalingConfig": {"minSize": 3, "maxSize": 4, "desiredSize": 2}}, INVALID),
        ({"scalingConfig": {"minSize": 1, "maxSize": 4}}, INVALID),
        ({"subnets": ["subnet-0123456789abcdef0"]}, INVALID),
        ({"version": "1.34"}, INVALID),
        ({"version": "1.36"}, INVALID),
        ({"releaseVersion": "1.35.0-19700101"}, INVALID),
        ({"nodeRole": f"arn:aws:iam::{ACCOUNT}:role/absent"}, INVALID),
        ({"nodeRole": f"arn:aws:iam::{ACCOUNT}:role/cluster"}, INVALID),
        ({"taints": [{"key": "a", "effect": "NEVER"}]}, INVALID),
        ({"updateConfig": {"maxUnavailable": 1, "maxUnavailablePercentage": 50}}, INVALID),
        ({"launchTemplate": {"name": "absent"}}, UNUSABLE),
    ],
)
def test_groups_that_are_refused(site: Site, changes: dict[str, Any], code: str) -> None:
    assert refused(site.eks.create_nodegroup, **site.group(**changes)) == code
    assert site.eks.list_nodegroups(clusterName="main")["nodegroups"] == []
    assert site.interfaces() == []


@pytest.mark.parametrize(
    ("data", "changes"),
    [
        ({"InstanceType": "t3.large"}, {"instanceTypes": ["t3.medium"]}),
        ({"IamInstanceProfile": {"Name": "node"}}, {}),
        ({"NetworkInterfaces": [{"DeviceIndex": 0, "SubnetId": "subnet-0123456789abcdef0"}]}, {}),
        ({"InstanceMarketOptions": {"MarketType": "spot"}}, {}),
        ({"HibernationOptions": {"Configured": True}}, {}),
        ({"InstanceInitiatedShutdownBehavior": "stop"}, {}),
        ({}, {"diskSize": 30}),
        ({}, {"remoteAccess": {"ec2SshKey": "key"}}),
        ({"ImageId": "ami-0123456789abcdef0"}, {"amiType": "AL2023_x86_64_STANDARD"}),
        ({"ImageId": "ami-0123456789abcdef0"}, {"version": "1.35"}),
        ({"InstanceType": "t4g.medium"}, {"amiType": "AL2023_x86_64_STANDARD"}),
    ],
)
def test_launch_templates_that_are_refused(site: Site, data: dict[str, Any], changes: dict[str, Any]) -> None:
    identity = site.template(**data)
    code = refused(site.eks.create_nodegroup, **site.group(launchTemplate={"id": identity}, **changes))
    assert code in (INVALID, UNUSABLE)


MAX_PODS = '{"spec": {"kubelet": {"config": {"maxPods": N}}}}'
SCRIPT = "#!/bin/bash\ntrue\n"
PARTS = f'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="B"\n\n--B\nContent-Type: text/x-shellscript\n\n{SCRIPT}\n--B--\n'
LINUX, BOTTLEROCKET = "AL2023_x86_64_STANDARD", "BOTTLEROCKET_x86_64"


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_user_data_that_cannot_be_merged(site: Site) -> None:
    """EKS reports it of a new group once it should start nodes, and of an update at once."""
    cases = {"a": (LINUX, SCRIPT), "b": (LINUX, PARTS), "c": (BOTTLEROCKET, SCRIPT), "d": (BOTTLEROCKET, "[settings]\nmotd = 'hi'\n")}
    for name, (ami, text) in cases.items():
        template = site.template(f"nodes-{name}", UserData=in_base64(text))
        site.eks.create_nodegroup(**site.group(name, amiType=ami, launchTemplate={"id": template}))
    found = {name: site.until_group("CREATE_FAILED" if text == SCRIPT else "ACTIVE", name) for name, (_ami, text) in cases.items()}
    issues = {name: [one["code"] for one in group["health"]["issues"]] for name, group in found.items()}
    assert issues == {"a": ["Ec2LaunchTemplateInvalidConfiguration"], "b": [], "c": ["Ec2LaunchTemplateInvalidConfiguration"], "d": []}
    template = found["b"]["launchTemplate"]
    site.ec2.create_launch_template_version(LaunchTemplateId=template["id"], LaunchTemplateData={"UserData": in_base64(SCRIPT)})
    wanted = {"clusterName": "main", "nodegroupName": "b", "launchTemplate": {"id": template["id"], "version": "2"}}
    assert refused(site.eks.update_nodegroup_version, **wanted) == UNUSABLE


@pytest.mark.parametrize(
    ("ami", "text", "instance_type", "pods"),
    [
        (LINUX, "", "t3.medium", 17),
        (LINUX, PARTS.replace("text/x-shellscript", NODE_CONFIG).replace(SCRIPT, MAX_PODS.replace("N", "40")), "t3.medium", 40),
        (LINUX, PARTS.replace("text/x-shellscript", NODE_CONFIG).replace(SCRIPT, MAX_PODS.replace("N", "200")), "t3.medium", 110),
        (BOTTLEROCKET, "[settings.kubernetes]\nmax-pods = 200\n", "m5.8xlarge", 200),
    ],
)
def test_pods_of_a_node(ami: str, text: str, instance_type: str, pods: int) -> None:
    build = Build("1.35", releases(ami, "1.35")[-1], instance_type, 20, max_pods=max_pods({"UserData": in_base64(text)}, ami))
    assert shape(build).pods == pods


def test_a_group_and_what_is_behind_it(site: Site) -> None:
    group = site.create_group(instanceTypes=["t4g.medium"], capacityType="SPOT", tags={"a": "b"})
    assert (group["amiType"], group["version"], group["releaseVersion"][:7]) == ("AL2023_ARM_64_STANDARD", "1.35", "1.35.2-")
    assert (group["diskSize"], group["updateConfig"], group["health"]) == (20, {"maxUnavailable": 1}, {"issues": []})
    scaling = site.scaling()
    assert scaling["AutoScalingGroupName"].startswith("eks-workers-")
    assert (scaling["MinSize"], scaling["MaxSize"], scaling["DesiredCapacity"]) == (1, 4, 2)
    given = {tag["Key"]: tag["Value"] for tag in scaling["Tags"]}
    assert given == {
        "eks:cluster-name": "main",
        "eks:nodegroup-name": "workers",
        "k8s.io/cluster-autoscaler/enabled": "true",
        "k8s.io/cluster-autoscaler/main": "owned",
        "kubernetes.io/cluster/main": "owned",
    }
    assert sorted(each["AvailabilityZone"] for each in scaling["Instances"]) == [f"{REGION}a", f"{REGION}b"]
    assert {each["LifecycleState"] for each in scaling["Instances"]} == {"InService"}
    instances = {each["InstanceId"] for each in scaling["Instances"]}
    assert {each["Attachment"]["InstanceId"] for each in site.interfaces(subnet_id=site.subnets[0])} <= instances
    assert refused(site.ec2.delete_subnet, SubnetId=site.subnets[0]) == "DependencyViolation"
    own = scaling["MixedInstancesPolicy"]["LaunchTemplate"]["LaunchTemplateSpecification"]["LaunchTemplateName"]
    assert own.startswith("eks-")

    site.delete_group()
    assert site.autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"] == []
    assert site.interfaces() == []
    assert site.ec2.describe_launch_templates()["LaunchTemplates"] == []


def test_sizes_follow_the_auto_scaling_group_and_lead_it(site: Site) -> None:
    site.create_group()
    name = site.scaling()["AutoScalingGroupName"]
    site.autoscaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=3)
    assert site.described()["scalingConfig"] == SIZES | {"desiredSize": 3}
    assert len(site.scaling()["Instances"]) == 3
    assert refused(site.autoscaling.set_desired_capacity, AutoScalingGroupName=name, DesiredCapacity=5) == "ValidationError"
    assert refused(site.autoscaling.set_desired_capacity, AutoScalingGroupName=name, DesiredCapacity=0) == "ValidationError"
    site.autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, MinSize=0, MaxSize=2)
    assert site.described()["scalingConfig"] == {"minSize": 0, "maxSize": 2, "desiredSize": 2}
    victim = site.scaling()["Instances"][0]["InstanceId"]
    gone = site.autoscaling.terminate_instance_in_auto_scaling_group(InstanceId=victim, ShouldDecrementDesiredCapacity=True)
    assert gone["Activity"]["AutoScalingGroupName"] == name
    assert site.described()["scalingConfig"]["desiredSize"] == 1
    assert victim not in {each["InstanceId"] for each in site.scaling()["Instances"]}

    for wrong in ({"minSize": 2}, {"desiredSize": 3}):
        assert refused(site.eks.update_nodegroup_config, clusterName="main", nodegroupName="workers", scalingConfig=wrong) == INVALID
    update = site.eks.update_nodegroup_config(
        clusterName="main",
        nodegroupName="workers",
        scalingConfig={"minSize": 0, "desiredSize": 0},
        updateConfig={"maxUnavailablePercentage": 50},
    )["update"]
    assert {each["type"]: each["value"] for each in update["params"]} == {
        "MinSize": "0",
        "DesiredSize": "0",
        "MaxUnavailablePercentage": "50",
    }
    assert site.until_updated(update, nodegroupName="workers")["status"] == "Successful"
    assert (site.scaling()["DesiredCapacity"], site.scaling()["Instances"]) == (0, [])
    assert site.described()["updateConfig"] == {"maxUnavailablePercentage": 50}


def test_schedules_and_policies(site: Site) -> None:
    for name in ("workers", "others"):
        site.create_group(name)
    groups = [site.scaling(name)["AutoScalingGroupName"] for name in ("workers", "others")]
    client = site.autoscaling
    action = {"ScheduledActionName": "workday", "Recurrence": "0 8 * * 1-5", "TimeZone": "Europe/Berlin", "MinSize": 2, "MaxSize": 10}
    tracking = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"}, "TargetValue": 70.0}
    policy = {"PolicyName": "cpu", "PolicyType": "TargetTrackingScaling", "TargetTrackingConfiguration": tracking}
    for group in groups:
        client.put_scheduled_update_group_action(AutoScalingGroupName=group, DesiredCapacity=4, **action)
        client.put_scaling_policy(AutoScalingGroupName=group, **policy)
    client.put_scheduled_update_group_action(AutoScalingGroupName=groups[1], DesiredCapacity=6, **action)

    (found,) = client.describe_scheduled_actions(AutoScalingGroupName=groups[0])["ScheduledUpdateGroupActions"]
    assert found | action | {"DesiredCapacity": 4} == found
    (other,) = client.describe_scheduled_actions(AutoScalingGroupName=groups[1], ScheduledActionNames=["workday"])[
        "ScheduledUpdateGroupActions"
    ]
    assert other["DesiredCapacity"] == 6
    (shown,) = client.describe_policies(AutoScalingGroupName=groups[0])["ScalingPolicies"]
    assert shown["TargetTrackingConfiguration"] == tracking | {"DisableScaleIn": False}
    assert (shown["PolicyType"], shown["Enabled"], len(shown["Alarms"])) == ("TargetTrackingScaling", True, 2)

    client.delete_scheduled_action(AutoScalingGroupName=groups[0], ScheduledActionName="workday")
    assert refused(client.delete_scheduled_action, AutoScalingGroupName=groups[0], ScheduledActionName="workday") == "ValidationError"
    client.delete_policy(AutoScalingGroupName=groups[0], PolicyName="cpu")
    assert client.describe_policies(AutoScalingGroupName=groups[0])["ScalingPolicies"] == []
    assert len(client.describe_policies()["ScalingPolicies"]) == 1
    site.delete_group("others")
    assert client.describe_policies()["ScalingPolicies"] == []
    assert client.describe_scheduled_actions()["ScheduledUpdateGroupActions"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"Recurrence": "0 8 * *"},
        {"TimeZone": "Europe/Nowhere"},
        {"MinSize": 3, "MaxSize": 2},
        {"MaxSize": 2, "DesiredCapacity": 3},
        {"MinSize": None},
        {"AutoScalingGroupName": "absent"},
    ],
)
def test_schedules_that_are_refused(site: Site, changes: dict[str, Any]) -> None:
    site.create_group()
    given = {
        "AutoScalingGroupName": site.scaling()["AutoScalingGroupName"],
        "ScheduledActionName": "x",
        "Recurrence": "0 8 * * *",
        "MinSize": 1,
    }
    given = {name: value for name, value in (given | changes).items() if value is not None}
    assert refused(site.autoscaling.put_scheduled_update_group_action, **given) == "ValidationError"


def test_no_network_no_group(cloud: CheckedCloud) -> None:
    cloud.admin.settings(patience_seconds={"node_join": 0.5})
    site = Site(cloud, bootstrapSelfManagedAddons=False)
    assert site.eks.create_nodegroup(**site.group())["nodegroup"]["status"] == "CREATING"
    failed = site.until_group("CREATE_FAILED")
    (issue,) = failed["health"]["issues"]
    assert (issue["code"], len(issue["resourceIds"])) == ("NodeCreationFailure", 2)
    assert "failed to join" in issue["message"]
    site.delete_group()


def test_a_subnet_without_room(site: Site) -> None:
    small = site.new_subnet("10.0.200.0/28", "a")
    # a /28 has eleven addresses besides AWS's own, and each node takes two
    site.create_group(subnets=[small], scalingConfig={"minSize": 1, "maxSize": 20, "desiredSize": 5})
    site.eks.create_nodegroup(**site.group("more", subnets=[small]))
    failed = site.until_group("CREATE_FAILED", "more")
    assert failed["health"]["issues"][0]["code"] == "InsufficientFreeAddresses"
    assert site.described()["status"] == "ACTIVE"


def test_another_version_of_the_launch_template(site: Site) -> None:
    identity = site.template(InstanceType="t3.large")
    group = site.create_group(launchTemplate={"id": identity})
    assert (group["launchTemplate"], "instanceTypes" in group, "diskSize" in group) == (
        {"id": identity, "name": "nodes", "version": "1"},
        False,
        False,
    )
    site.ec2.create_launch_template_version(LaunchTemplateId=identity, LaunchTemplateData={"InstanceType": "t3.xlarge"})
    before = {each["InstanceId"] for each in site.scaling()["Instances"]}
    of = {"clusterName": "main", "nodegroupName": "workers"}
    other = site.template("others")
    assert refused(site.eks.update_nodegroup_version, **of, launchTemplate={"id": other}) == INVALID
    update = site.eks.update_nodegroup_version(**of, launchTemplate={"id": identity, "version": "2"})["update"]
    assert site.until_updated(update, nodegroupName="workers")["status"] == "Successful"
    assert site.described()["launchTemplate"]["version"] == "2"
    after = {each["InstanceId"]: each["InstanceType"] for each in site.scaling()["Instances"]}
    assert set(after.values()) == {"t3.xlarge"}
    assert not before & set(after)


def test_a_group_follows_its_cluster(site: Site) -> None:
    site.create_group()
    of = {"clusterName": "main", "nodegroupName": "workers"}
    for changes in (
        {"version": "1.36"},
        {"version": "1.34"},
        {"version": "1.99"},
        {"releaseVersion": "1.34.5-20261112"},
        {"launchTemplate": {"name": "x"}},
    ):
        assert refused(site.eks.update_nodegroup_version, **of, **changes) in (INVALID, UNUSABLE)
    upgrade = site.eks.update_cluster_version(name="main", version="1.36")["update"]
    assert site.until_updated(upgrade)["status"] == "Successful"
    assert site.described()["version"] == "1.35"
    site.cloud.admin.settings(control_planes=False, transition_seconds={"eks_nodegroup": 0.5})
    update = site.eks.update_nodegroup_version(**of, version="1.36")["update"]
    assert (update["type"], site.described()["status"]) == ("VersionUpdate", "UPDATING")
    assert refused(site.eks.update_nodegroup_version, **of) == "ResourceInUseException"
    assert site.until_updated(update, nodegroupName="workers")["status"] == "Successful"
    group = site.described()
    assert (group["version"], group["releaseVersion"][:7], group["status"]) == ("1.36", "1.36.0-", "ACTIVE")
    older = group["releaseVersion"].replace("20261112", "20260930")
    assert refused(site.eks.update_nodegroup_version, **of, releaseVersion=older) == INVALID


def test_interfaces_that_leak(site: Site) -> None:
    site.cloud.admin.settings(control_planes=False, leaked_interface_seconds=1.0)
    site.create_group()
    leaking = site.interfaces(description="aws-K8S-*")
    assert [each["Status"] for each in leaking] == ["in-use", "in-use"]
    assert {tag["Key"]: tag["Value"] for tag in leaking[0]["TagSet"]}["cluster.k8s.amazonaws.com/name"] == "main"
    assert refused(site.ec2.delete_network_interface, NetworkInterfaceId=leaking[0]["NetworkInterfaceId"]) == "InvalidParameterValue"
    site.delete_group()
    assert len(site.interfaces()) == 2
    until(lambda: {each["Status"] for each in site.interfaces()} == {"available"})
    assert refused(site.ec2.delete_subnet, SubnetId=site.subnets[0]) == "DependencyViolation"
    for each in site.interfaces():
        site.ec2.delete_network_interface(NetworkInterfaceId=each["NetworkInterfaceId"])
    site.eks.delete_cluster(name="main")
    until(lambda: site.eks.list_clusters()["clusters"] == [])
    site.ec2.delete_subnet(SubnetId=site.subnets[0])
