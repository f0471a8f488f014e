# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What brokers may say, and what is refused before the first call: one sentence each."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.settings.broker import read_brokers
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.validate_brokers import check_brokers
from ansible_collections.mainstay.aws.plugins.module_utils.inputs.networks import Network
from ansible_collections.mainstay.aws.plugins.module_utils.inputs.problems import Problems
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN

from .broker_samples import MINIMAL, SUBNETS, broker, read

PREFIX = "messaging_brokers.jobs"
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("a number as version", {"version": 4.2}, f'{PREFIX}.version is 4.2, but it must be quoted, because YAML reads it as a number: "4.2"'),
    (
        "a patch version",
        {"version": "3.13.7"},
        'Amazon MQ chooses the patch version itself and refuses to be told one; set version: "3.13"',
    ),
    ("a version that is not offered", {"version": "4.0"}, "Amazon MQ offers RabbitMQ 3.13, 4.2, 4.3"),
    ("RabbitMQ 4 on m5", {"instance_type": "mq.m5.large"}, 'RabbitMQ 4.3 runs on mq.m7g.* only; set one of these, or version: "3.13"'),
    ("a cluster of micros", {"instance_type": "mq.t3.micro", "version": "3.13"}, "Amazon MQ has no clusters of it; set deployment: single"),
    ("a production broker for tests", {"instance_type": "mq.t3.micro", "version": "3.13", "deployment": "single"}, "for tests only"),
    ("no instance type", {"instance_type": None}, f"{PREFIX}.instance_type is missing: give an instance type such as mq.m7g.large"),
    (
        "a password",
        {"administrator": {"password": "canary"}},
        f"{PREFIX}.administrator.password is set, but it is a password in an inventory",
    ),
    ("a password at the top", {"password": "canary"}, f"{PREFIX}.password is set, but it is a password in an inventory"),
    ("the reserved user", {"administrator": {"username": "guest"}}, "not guest, which RabbitMQ has itself"),
    ("another engine", {"engine": "activemq"}, "this role has RabbitMQ only; remove it"),
    ("reachable from everywhere", {"publicly_accessible": True}, "brokers of this role are reached from their network only; remove it"),
    ("a window as others write it", {"maintenance": {"window": "sun:03:00-sun:05:00"}}, "it must be the beginning of the two hours in UTC"),
    ("two subnets of a single broker", {"deployment": "single", "subnet_ids": list(SUBNETS[:2])}, "a single broker is in one subnet"),
    ("too many groups", {"security_group_ids": [f"sg-0123456789abcdef{n}" for n in range(6)]}, "Amazon MQ takes at most 5; remove 1"),
    ("a name of others", {"broker_name": "a b"}, "Amazon MQ accepts 1 to 50 letters"),
    ("a key for nothing", {"at_rest": "aws", "kms_key_arn": "arn:aws:kms:eu-west-1:123456789012:key/1"}, "at_rest is aws, which uses"),
    ("an option of two lines", {"configuration": {"heartbeat": "60\nx = 1"}}, "it must be a string on one line"),
    ("an unknown setting", {"user": {}}, f"{PREFIX}.user is not a setting"),
]


@pytest.mark.parametrize(("settings", "sentence"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_refused_in_one_sentence(settings: dict[str, Any], sentence: str) -> None:
    found = read(**settings)[1]
    assert len(found) == 1
    assert sentence in found[0]
    assert "canary" not in found[0]


def test_the_defaults_are_those_of_production() -> None:
    one = broker()
    assert (one.aws_name, one.version, one.deployment, one.subnet_ids) == ("prod-jobs", "4.3", "cluster", SUBNETS)
    assert (one.at_rest, one.general_logs, one.administrator.username) == ("key", True, "administrator")


def test_subnets_that_do_not_exist_yet_are_in_the_zones_of_their_network() -> None:
    later = Network((UNKNOWN, UNKNOWN), (UNKNOWN,), ("eu-west-1a", "eu-west-1b"))
    problems = Problems()
    found = read_brokers({"jobs": MINIMAL}, "messaging_brokers", "prod", later, problems)
    check_brokers(found, "prod", problems)
    assert (problems.messages, found["jobs"].subnet_zones) == ([], ("eu-west-1a", "eu-west-1b"))


def test_elsewhere_one_node_in_the_first_subnet() -> None:
    one = broker("dev")
    assert (one.deployment, one.subnet_ids) == ("single", SUBNETS[:1])


def test_options_as_rabbitmq_has_them() -> None:
    one = broker(configuration={"consumer_timeout": 3600000, "management.restrictions.operator_policy_changes.disabled": False})
    assert one.options == {"consumer_timeout": "3600000", "management.restrictions.operator_policy_changes.disabled": "false"}
