"""Launch templates: each version returns what was submitted; templates are found by their tags."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import refused, tags

DATA: dict[str, Any] = {
    "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1, "HttpEndpoint": "enabled"},
    "BlockDeviceMappings": [
        {"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "VolumeSize": 50, "VolumeType": "gp3", "DeleteOnTermination": True}}
    ],
    "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "node"}]}],
    "UserData": "IyEvYmluL3NoCg==",
    "Monitoring": {"Enabled": False},
}
OWNER = {"mainstay:address": "launch_template.main/system"}


@pytest.fixture
def template_id(ec2: Any) -> str:
    made = ec2.create_launch_template(
        LaunchTemplateName="main-system", LaunchTemplateData=DATA, TagSpecifications=tags("launch-template", **OWNER), ClientToken="once"
    )
    return str(made["LaunchTemplate"]["LaunchTemplateId"])


def versions(ec2: Any, **options: Any) -> list[dict[str, Any]]:
    return list(ec2.describe_launch_template_versions(**options)["LaunchTemplateVersions"])


def test_what_was_sent_comes_back(ec2: Any, template_id: str) -> None:
    (found,) = versions(ec2, LaunchTemplateId=template_id, Versions=["$Latest"])
    assert (found["LaunchTemplateData"], found["VersionNumber"], found["DefaultVersion"]) == (DATA, 1, True)


def test_the_same_token_makes_no_second_one(ec2: Any, template_id: str) -> None:
    given = {"LaunchTemplateName": "main-system", "LaunchTemplateData": DATA, "TagSpecifications": tags("launch-template", **OWNER)}
    assert ec2.create_launch_template(**given, ClientToken="once")["LaunchTemplate"]["LaunchTemplateId"] == template_id
    assert refused(ec2.create_launch_template, **given) == "InvalidLaunchTemplateName.AlreadyExistsException"


def test_found_by_the_tags_of_now(ec2: Any, template_id: str) -> None:
    ec2.create_launch_template(LaunchTemplateName="other", LaunchTemplateData={"EbsOptimized": True})
    ec2.create_tags(Resources=[template_id], Tags=[{"Key": "team", "Value": "web"}])
    for filters in ([{"Name": "tag:team", "Values": ["web"]}], [{"Name": "tag:mainstay:address", "Values": ["launch_template.main/*"]}]):
        (found,) = ec2.describe_launch_templates(Filters=filters)["LaunchTemplates"]
        assert found["LaunchTemplateId"] == template_id
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]} == OWNER | {"team": "web"}
    ec2.delete_tags(Resources=[template_id], Tags=[{"Key": "team"}])
    assert ec2.describe_launch_templates(Filters=[{"Name": "tag-key", "Values": ["team"]}])["LaunchTemplates"] == []


def test_versions(ec2: Any, template_id: str) -> None:
    newer = DATA | {"EbsOptimized": True}
    made = ec2.create_launch_template_version(LaunchTemplateId=template_id, LaunchTemplateData=newer, VersionDescription="second")
    assert made["LaunchTemplateVersion"]["VersionNumber"] == 2
    latest, default = versions(ec2, LaunchTemplateId=template_id, Versions=["$Latest", "$Default"])
    assert (latest["VersionNumber"], latest["LaunchTemplateData"], latest["DefaultVersion"]) == (2, newer, False)
    assert (default["VersionNumber"], default["LaunchTemplateData"]) == (1, DATA)
    assert [each["VersionNumber"] for each in versions(ec2, Versions=["$Latest"])] == [2]
    based = ec2.create_launch_template_version(LaunchTemplateId=template_id, SourceVersion="1", LaunchTemplateData={"EbsOptimized": False})
    assert based["LaunchTemplateVersion"]["LaunchTemplateData"] == DATA | {"EbsOptimized": False}
    shown = ec2.modify_launch_template(LaunchTemplateId=template_id, DefaultVersion="2")["LaunchTemplate"]
    assert (shown["DefaultVersionNumber"], shown["LatestVersionNumber"]) == (2, 3)
    deleted = ec2.delete_launch_template_versions(LaunchTemplateId=template_id, Versions=["2", "3", "9"])
    assert [each["VersionNumber"] for each in deleted["SuccessfullyDeletedLaunchTemplateVersions"]] == [3]
    assert [each["ResponseError"]["Code"] for each in deleted["UnsuccessfullyDeletedLaunchTemplateVersions"]] == [
        "operationNotPermittedOnDefaultVersion",
        "launchTemplateVersionDoesNotExist",
    ]
    again = ec2.create_launch_template_version(LaunchTemplateId=template_id, LaunchTemplateData=DATA)
    assert again["LaunchTemplateVersion"]["VersionNumber"] == 4


def test_gone_after_deletion(ec2: Any, template_id: str) -> None:
    ec2.delete_launch_template(LaunchTemplateId=template_id)
    assert ec2.describe_launch_templates()["LaunchTemplates"] == []
    assert refused(ec2.describe_launch_templates, LaunchTemplateIds=[template_id]) == "InvalidLaunchTemplateId.NotFound"
    assert refused(ec2.delete_launch_template, LaunchTemplateId=template_id) == "InvalidLaunchTemplateId.NotFound"


def test_refusals(ec2: Any, template_id: str) -> None:
    hops = {"LaunchTemplateData": {"MetadataOptions": {"HttpPutResponseHopLimit": 65}}}
    assert refused(ec2.create_launch_template, LaunchTemplateName="more", **hops) == "InvalidParameterValue"
    unknown = {"LaunchTemplateId": template_id, "Versions": ["7"]}
    assert refused(ec2.describe_launch_template_versions, **unknown) == "InvalidLaunchTemplateId.VersionNotFound"
    name = "lt-by-no-name"
    assert refused(ec2.modify_launch_template, LaunchTemplateName=name) == "InvalidLaunchTemplateName.NotFoundException"


def test_instances_start_from_a_template(ec2: Any, template_id: str) -> None:
    """moto's own instances read it."""
    image = ec2.register_image(Name="image", Architecture="x86_64", RootDeviceName="/dev/xvda")["ImageId"]
    ec2.create_launch_template_version(LaunchTemplateId=template_id, LaunchTemplateData={"ImageId": image, "UserData": DATA["UserData"]})
    source = {"LaunchTemplateId": template_id, "Version": "2"}
    (made,) = ec2.run_instances(LaunchTemplate=source, InstanceType="t3.small", MinCount=1, MaxCount=1)["Instances"]
    assert made["ImageId"] == image
