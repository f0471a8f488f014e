# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The resources of a broker, and the calls that make and change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.kinds.mq_broker import MqBroker, in_create, in_update
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.kinds.mq_configuration import options_in, text_of
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.resources_brokers import build
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed, Resource, ref

from .broker_samples import PLACE, SUBNETS, broker, seen


def resources(*observed: Observed, reboots: bool = False, **more: Any) -> Mapping[str, Resource]:
    return {one.address: one for one in build({"jobs": broker(**more)}, PLACE, observed, lambda dummy: reboots)}


def configuration(version: str, identity: str) -> Observed:
    return Observed("mq_configuration", f"mq_configuration.jobs/{version}", identity, {"engine_version": version})


def test_a_broker_has_a_key_a_configuration_and_a_secret() -> None:
    found = resources()
    assert list(found) == ["kms_key.brokers", "mq_configuration.jobs/4.3", "secret.jobs/administrator", "mq_broker.jobs"]
    properties = found["mq_broker.jobs"].properties
    assert properties["kms_key_id"] == ref("kms_key.brokers", "arn")
    assert properties["configuration"] == {"id": ref("mq_configuration.jobs/4.3"), "revision": ref("mq_configuration.jobs/4.3", "revision")}
    assert properties["administrator"] == {"username": "administrator", "secret_arn": ref("secret.jobs/administrator", "arn")}
    assert "options" not in found["mq_configuration.jobs/4.3"].properties
    assert found["secret.jobs/administrator"].properties["secret_name"] == "/mainstay/prod/queues/jobs/administrator"


def test_no_brokers_no_resources() -> None:
    assert build({}, PLACE, [], lambda dummy: True) == []


def test_a_later_minor_version_keeps_its_configuration() -> None:
    found = resources(seen("4.2.1"), configuration("4.2", "c-1"), version="4.3")
    assert [one for one in found if one.startswith("mq_configuration")] == ["mq_configuration.jobs/4.2"]


def test_the_old_configuration_stays_until_the_broker_has_left_it() -> None:
    before = (seen("3.13.7"), configuration("3.13", "c-1"))
    assert [one for one in resources(*before, version="4.2") if "configuration" in one] == [
        "mq_configuration.jobs/4.2",
        "mq_configuration.jobs/3.13",
    ]
    left = (seen("4.2.1"), configuration("3.13", "c-0"), configuration("4.2", "c-1"))
    assert [one for one in resources(*left, version="4.2") if "configuration" in one] == ["mq_configuration.jobs/4.2"]


def test_pending_changes_are_to_go_only_with_consent() -> None:
    present = seen(waiting={"host_instance_type": "mq.m7g.xlarge"})
    assert "pending_changes" not in resources(present).get("mq_broker.jobs").properties  # type: ignore[union-attr]
    assert resources(present, reboots=True)["mq_broker.jobs"].properties["pending_changes"] == {}


def test_the_create_call_says_what_amazon_mq_requires() -> None:
    properties = {**resources()["mq_broker.jobs"].properties, "kms_key_id": "arn:key", "configuration": {"id": "c-1", "revision": "2"}}
    sent = in_create({**properties, "maintenance_window": "sun:03:00"})
    assert sent == {
        "BrokerName": "prod-jobs",
        "EngineType": "RABBITMQ",
        "EngineVersion": "4.3",
        "AutoMinorVersionUpgrade": True,
        "HostInstanceType": "mq.m7g.large",
        "DeploymentMode": "CLUSTER_MULTI_AZ",
        "SubnetIds": list(SUBNETS),
        "SecurityGroups": ["sg-0123456789abcdef0"],
        "PubliclyAccessible": False,
        "EncryptionOptions": {"UseAwsOwnedKey": False, "KmsKeyId": "arn:key"},
        "Configuration": {"Id": "c-1", "Revision": 2},
        "Logs": {"General": True},
        "MaintenanceWindowStartTime": {"DayOfWeek": "SUNDAY", "TimeOfDay": "03:00", "TimeZone": "UTC"},
    }
    assert in_create({**properties, "kms_key_id": "aws"})["EncryptionOptions"] == {"UseAwsOwnedKey": True}


def test_an_update_sends_only_what_differs() -> None:
    assert in_update({"engine_version": "4.3", "pending_changes": {}}) == {"EngineVersion": "4.3"}
    assert in_update({"pending_changes": {}}) == {}


def test_a_broker_reads_as_it_will_be_after_a_reboot() -> None:
    kind = MqBroker()
    raw = {"EngineVersion": "3.13.7", "HostInstanceType": "mq.m5.large", "PendingHostInstanceType": "mq.m7g.large"}
    assert kind.value(raw, "host_instance_type") == "mq.m7g.large"
    assert kind.properties["engine_version"].normal(kind.value(raw, "engine_version")) == "3.13"
    assert kind.value(raw, "pending_changes") == {"host_instance_type": "mq.m7g.large"}
    assert kind.attributes(raw)["instance_type"] == "mq.m5.large"


def test_options_read_as_they_were_written() -> None:
    options = {"heartbeat": "60", "consumer_timeout": "1800000"}
    assert options_in(f"# a comment\n{text_of(options)}\n") == options
