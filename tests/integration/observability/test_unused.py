# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an environment owns and has not used: with exactly the documented permissions, and of nobody else."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.platform.unused.report import report
from rehearsal.testing import Cloud
from scripts.owned import as_report, unused_of
from tests.integration.conftest import CloudFor
from tests.integration.eks_operations.support import ACCOUNT, REGION
from tests.integration.module_runs import ModuleRuns
from tests.repository.layout import ROOT

MONTH = 31 * 86_400
DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")


@pytest.fixture
def cloud(cloud_for: CloudFor) -> Cloud:
    return cloud_for(account_id=ACCOUNT, region=REGION, settings={"control_planes": False})


def documented() -> dict[str, Any]:
    page = (ROOT / "docs" / "unused.md").read_text(encoding="utf-8")
    found = re.search(r"```json\n(.*?)```", page, re.DOTALL)
    assert found
    policy: dict[str, Any] = json.loads(found[1])
    return policy


def tags(address: str, environment: str = "prod") -> dict[str, str]:
    return dict(Owner(environment, "shop").tags(address))


def pairs(address: str, environment: str = "prod") -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags(address, environment).items()]


def of_ec2(kind: str, address: str, environment: str = "prod") -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": pairs(address, environment)}]


def build(cloud: Cloud) -> None:
    """Of each type one that is used and one that is not, and resources of another environment."""
    ec2, sqs, s3 = (cloud.client(name) for name in ("ec2", "sqs", "s3"))
    for environment in ("prod", "staging"):
        ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=1, TagSpecifications=of_ec2("volume", "x.volume", environment))
        ec2.allocate_address(Domain="vpc", TagSpecifications=of_ec2("elastic-ip", "x.address", environment))
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"])
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]["SubnetId"]
        for number, zone in enumerate("ab")
    ]
    for name, subnet in zip(("idle", "busy"), subnets, strict=True):
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address, TagSpecifications=of_ec2("natgateway", f"nat.{name}"))
    for name in ("idle", "busy"):
        sqs.create_queue(QueueName=f"prod-{name}", tags=tags(f"queue.{name}"))
        cloud.client("logs").create_log_group(logGroupName=f"/prod/{name}", tags=tags(f"log.{name}"))
        cloud.client("ecr").create_repository(repositoryName=f"prod/{name}", tags=pairs(f"repository.{name}"))
        s3.create_bucket(Bucket=f"prod-shop-{name}", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_tagging(Bucket=f"prod-shop-{name}", Tagging={"TagSet": pairs(f"bucket.{name}")})
    dead = sqs.create_queue(QueueName="prod-dead", tags=tags("queue.dead"))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})}
    sqs.set_queue_attributes(QueueUrl=dead.replace("prod-dead", "prod-busy"), Attributes=redrive)


def measured(cloud: Cloud) -> None:
    nat = next(one for one in cloud.client("ec2").describe_nat_gateways()["NatGateways"] if "nat.busy" in str(one["Tags"]))
    for namespace, metric, dimensions in (
        ("AWS/NATGateway", "BytesOutToDestination", {"NatGatewayId": nat["NatGatewayId"]}),
        ("AWS/SQS", "NumberOfMessagesReceived", {"QueueName": "prod-busy"}),
        ("AWS/Logs", "IncomingLogEvents", {"LogGroupName": "/prod/busy"}),
        ("AWS/ECR", "RepositoryPullCount", {"RepositoryName": "prod/busy"}),
        ("AWS/S3", "NumberOfObjects", {"BucketName": "prod-shop-busy", "StorageType": "AllStorageTypes"}),
    ):
        named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
        data = [{"MetricName": metric, "Dimensions": named, "Value": 2.0}, {"MetricName": metric, "Value": 9.0}]
        cloud.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)


def test_what_nobody_uses_is_named_and_what_somebody_uses_is_not(cloud: Cloud) -> None:
    build(cloud)
    cloud.admin.settings(clock_ahead_seconds=MONTH)
    measured(cloud)
    aws = Aws(lambda service, **_more: cloud.client(service, "plan"), Owner("prod", ""), region=REGION)
    try:
        found = report(aws, 30, datetime.now(UTC) + timedelta(seconds=MONTH))
        young = report(aws, 30, datetime.now(UTC))
    finally:
        aws.close()
    assert sorted((one["address"], one["what"], one["reason"]) for one in found["resources"]) == [
        ("bucket.idle", "bucket", "no objects in 30 days"),
        ("log.idle", "log group", "no events in 30 days"),
        ("nat.idle", "NAT gateway", "no bytes in 30 days"),
        ("queue.idle", "queue", "no messages in 30 days"),
        ("repository.idle", "repository", "no pulls in 30 days"),
        ("x.address", "address", "associated with nothing"),
        ("x.volume", "volume", "attached to nothing"),
    ]
    assert (found["judged"], found["young"]) == (12, [])
    assert [one["address"] for one in young["resources"]] == ["x.address"], "AWS does not say when an address was allocated"
    text = as_report(unused_of([{**found, "days": 30, "looked": True}]))
    assert text.splitlines()[0].split() == ["component", "what", "id", "reason", "created"]
    assert text.endswith("7 of 12 resources that are judged were not used in 30 days.\n")


def test_exactly_the_documented_permissions_suffice(cloud: Cloud, tmp_path: Path) -> None:
    build(cloud)
    cloud.admin.policies(plan=[documented()])
    runs, options = ModuleRuns(cloud, tmp_path), {"environment": "prod", "region": REGION}
    found = runs.run_module("platform_unused_info", options, "plan")["unused"]
    assert (found["looked"], found["judged"], len(found["young"])) == (True, 12, 11), found
    cloud.admin.policies(plan=[])
    denied = runs.run_module("platform_unused_info", options, "plan")["unused"]
    assert denied["looked"] is False
    assert "GetResources" in denied["reason"]


@pytest.mark.parametrize("days", [0, 456])
def test_days_that_cloudwatch_does_not_keep(cloud: Cloud, tmp_path: Path, days: int) -> None:
    found = ModuleRuns(cloud, tmp_path).run_module("platform_unused_info", {"environment": "prod", "region": REGION, "days": days}, "plan")
    assert found["msg"] == f"days is {days}, but must be 1 to 455: CloudWatch keeps daily values for 15 months"
