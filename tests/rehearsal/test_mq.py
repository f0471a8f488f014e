# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Amazon MQ: states, changes that wait for a reboot, and what it refuses."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from .conftest import CheckedCloud, refused

PASSWORD = "first-password-1"
OWNED = {"UseAwsOwnedKey": True}


class Brokers:
    def __init__(self, cloud: CheckedCloud) -> None:
        self.cloud, self.mq = cloud, cloud.client("mq")
        ec2 = cloud.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        zone = f"{cloud.region}a"
        self.subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        self.again = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]

    def create(self, **more: Any) -> str:
        given = {
            "BrokerName": "jobs",
            "EngineType": "RABBITMQ",
            "EngineVersion": "3.13",
            "HostInstanceType": "mq.m5.large",
            "DeploymentMode": "SINGLE_INSTANCE",
            "AutoMinorVersionUpgrade": True,
            "PubliclyAccessible": False,
            "SubnetIds": [self.subnet],
            "Users": [{"Username": "administrator", "Password": PASSWORD}],
            **more,
        }
        return str(self.mq.create_broker(**given)["BrokerId"])

    def one(self, identity: str) -> dict[str, Any]:
        return dict(self.mq.describe_broker(BrokerId=identity))

    def takes(self, seconds: float) -> None:
        self.cloud.admin.settings(transition_seconds={"default": 0.0, "mq_broker": seconds})

    def happens(self, name: str, identity: str, **more: Any) -> Any:
        return self.cloud.admin.happen(service="mq", happening=name, BrokerId=identity, **more)


@pytest.fixture
def brokers(cloud: CheckedCloud) -> Brokers:
    return Brokers(cloud)


def test_states_on_the_way(brokers: Brokers) -> None:
    brokers.takes(60)
    identity = brokers.create(Tags={"team": "one"})
    assert brokers.one(identity)["BrokerState"] == "CREATION_IN_PROGRESS"
    assert refused(brokers.mq.delete_broker, BrokerId=identity) == "BadRequestException"
    brokers.cloud.admin.reset()
    brokers = Brokers(brokers.cloud)
    brokers.takes(0)
    identity = brokers.create(Tags={"team": "one"})
    found = brokers.one(identity)
    assert (found["BrokerState"], found["EngineVersion"], found["Tags"]) == ("RUNNING", "3.13.7", {"team": "one"})
    assert found["BrokerInstances"][0]["Endpoints"][0].startswith("amqps://")
    assert PASSWORD not in str(found)
    brokers.mq.delete_broker(BrokerId=identity)
    assert brokers.mq.list_brokers()["BrokerSummaries"] == []
    assert refused(lambda: brokers.one(identity)) == "NotFoundException"


def test_changes_wait_for_a_reboot(brokers: Brokers) -> None:
    identity = brokers.create()
    brokers.mq.update_broker(BrokerId=identity, HostInstanceType="mq.m7g.large", Logs={"General": True})
    found = brokers.one(identity)
    assert (found["HostInstanceType"], found["PendingHostInstanceType"], found["Logs"]["Pending"]["General"]) == (
        "mq.m5.large",
        "mq.m7g.large",
        True,
    )
    assert refused(lambda: brokers.mq.update_broker(BrokerId=identity, EngineVersion="4.2")) == "BadRequestException"
    brokers.mq.reboot_broker(BrokerId=identity)
    found = brokers.one(identity)
    assert (found["HostInstanceType"], "PendingHostInstanceType" in found, found["Logs"]["General"]) == ("mq.m7g.large", False, True)
    brokers.mq.update_broker(BrokerId=identity, EngineVersion="4.2")
    assert brokers.happens("maintenance_window", identity) == {"applied": ["EngineVersion"]}
    assert brokers.one(identity)["EngineVersion"] == "4.2.1"


def test_mirrored_queues_keep_rabbitmq_3(brokers: Brokers) -> None:
    identity = brokers.create(HostInstanceType="mq.m7g.large")
    brokers.happens("mirrored_queues", identity, Exist=True)
    brokers.mq.update_broker(BrokerId=identity, EngineVersion="4.2")
    brokers.mq.reboot_broker(BrokerId=identity)
    found = brokers.one(identity)
    assert (found["BrokerState"], found["EngineVersion"]) == ("CRITICAL_ACTION_REQUIRED", "3.13.7")
    assert found["ActionsRequired"][0]["ActionRequiredCode"] == "RABBITMQ_BROKER_NOT_UPGRADEABLE_TO_V4"
    brokers.mq.update_broker(BrokerId=identity, EngineVersion="3.13")
    assert brokers.one(identity)["BrokerState"] == "RUNNING"


CREATE: list[tuple[str, dict[str, Any], str]] = [
    ("patch version", {"EngineVersion": "3.13.7"}, "BadRequestException"),
    ("RabbitMQ 4 on m5", {"EngineVersion": "4.2"}, "BadRequestException"),
    ("no automatic patches", {"AutoMinorVersionUpgrade": False}, "BadRequestException"),
    ("two users", {"Users": [{"Username": name, "Password": PASSWORD} for name in ("one", "two")]}, "BadRequestException"),
    ("short password", {"Users": [{"Username": "one", "Password": "short"}]}, "BadRequestException"),
    ("a cluster of micros", {"HostInstanceType": "mq.t3.micro", "DeploymentMode": "CLUSTER_MULTI_AZ"}, "BadRequestException"),
    ("ActiveMQ's deployment", {"DeploymentMode": "ACTIVE_STANDBY_MULTI_AZ"}, "BadRequestException"),
    ("unknown subnet", {"SubnetIds": ["subnet-0123456789abcdef0"]}, "BadRequestException"),
    ("unknown group", {"SecurityGroups": ["sg-0123456789abcdef0"]}, "BadRequestException"),
    ("unknown configuration", {"Configuration": {"Id": "c-none", "Revision": 1}}, "NotFoundException"),
    ("unknown key", {"EncryptionOptions": {"UseAwsOwnedKey": False, "KmsKeyId": "none"}}, "BadRequestException"),
    ("unknown type", {"HostInstanceType": "mq.t99.nano"}, "BadRequestException"),
]


@pytest.mark.parametrize(("options", "code"), [case[1:] for case in CREATE], ids=[case[0] for case in CREATE])
def test_refused(brokers: Brokers, options: dict[str, Any], code: str) -> None:
    assert refused(brokers.create, **options) == code


def test_names_are_unique_and_zones_too(brokers: Brokers) -> None:
    brokers.create()
    assert refused(lambda: brokers.create(HostInstanceType="mq.m5.xlarge")) == "ConflictException"
    both = {"DeploymentMode": "CLUSTER_MULTI_AZ", "SubnetIds": [brokers.subnet, brokers.again], "BrokerName": "other"}
    assert refused(lambda: brokers.create(**both)) == "BadRequestException"


def test_a_configuration_has_revisions_and_stays_while_it_is_used(brokers: Brokers) -> None:
    made = brokers.mq.create_configuration(EngineType="RABBITMQ", EngineVersion="3.13", Name="jobs", Tags={"team": "one"})
    identity, where = made["Id"], {"ConfigurationId": made["Id"]}
    data = base64.b64encode(b"heartbeat = 90\n").decode()
    assert brokers.mq.update_configuration(**where, Data=data, Description="two")["LatestRevision"]["Revision"] == 2
    assert brokers.mq.describe_configuration_revision(**where, ConfigurationRevision="2")["Data"] == data
    unknown = base64.b64encode(b"frame_max = 1\n").decode()
    assert refused(lambda: brokers.mq.update_configuration(**where, Data=unknown)) == "BadRequestException"
    broker = brokers.create(Configuration={"Id": identity, "Revision": 1})
    assert refused(lambda: brokers.mq.delete_configuration(**where)) == "ConflictException"
    brokers.mq.update_broker(BrokerId=broker, Configuration={"Id": identity, "Revision": 2})
    assert brokers.one(broker)["Configurations"]["Pending"] == {"Id": identity, "Revision": 2}
    brokers.mq.delete_broker(BrokerId=broker)
    brokers.mq.delete_configuration(**where)
    assert brokers.mq.list_configurations()["Configurations"] == []


def test_the_tagging_api_lists_brokers_and_configurations(brokers: Brokers) -> None:
    brokers.create(Tags={"team": "one"})
    brokers.mq.create_configuration(EngineType="RABBITMQ", EngineVersion="3.13", Name="jobs", Tags={"team": "one"})
    tagging = brokers.cloud.client("resourcegroupstaggingapi")
    found = tagging.get_resources(TagFilters=[{"Key": "team", "Values": ["one"]}], ResourceTypeFilters=["mq:broker", "mq:configuration"])
    assert sorted(one["ResourceARN"].split(":")[5] for one in found["ResourceTagMappingList"]) == ["broker", "configuration"]


def test_a_broker_needs_its_tags_and_its_interfaces(brokers: Brokers) -> None:
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    for denied in ("mq:CreateTags", "ec2:CreateNetworkInterface", "iam:CreateServiceLinkedRole"):
        deny = {"Effect": "Deny", "Action": denied, "Resource": "*"}
        brokers.cloud.admin.policies(apply=[{"Version": "2012-10-17", "Statement": [everything, deny]}])
        assert refused(brokers.create, Tags={"team": "one"}) == "AccessDeniedException"
