# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""All errors in brokers that can be found before the first API call."""

from __future__ import annotations

from collections.abc import Mapping

from ...component.names import PRODUCTION
from ...inputs.problems import Problems
from ...reconcile.model import is_unknown
from .settings.broker import CLUSTER, MOST_GROUPS, SINGLE, SMALLEST, Broker
from .settings.rabbitmq_versions import GRAVITON, needs_graviton

NO_NETWORK = "the platform has no network for it, so list its"


def check_brokers(brokers: Mapping[str, Broker], environment: str, problems: Problems) -> None:
    taken: dict[str, str] = {}
    for one in brokers.values():
        if one.aws_name in taken:
            remedy = f"{taken[one.aws_name]} already has that name; choose another one for one of them"
            problems.add(f"{one.path}.broker_name", one.aws_name, remedy)
        taken.setdefault(one.aws_name, one.path)
        check_type(one, environment, problems)
        check_place(one, problems)


def check_type(one: Broker, environment: str, problems: Problems) -> None:
    """Amazon MQ Developer Guide, "RabbitMQ 4" and "Deploying a RabbitMQ broker"."""
    at = f"{one.path}.instance_type"
    if one.instance_type and needs_graviton(one.version) and not one.instance_type.startswith(GRAVITON):
        remedy = f'RabbitMQ {one.version} runs on {GRAVITON}* only; set one of these, or version: "3.13"'
        problems.add(at, one.instance_type, remedy)
    elif one.instance_type == SMALLEST and one.deployment == CLUSTER:
        problems.add(at, one.instance_type, "Amazon MQ has no clusters of it; set deployment: single, or a larger type")
    if environment in PRODUCTION and one.instance_type == SMALLEST and one.deployment == SINGLE:
        problems.add(at, one.instance_type, f"Amazon MQ recommends it for tests only, and this is {environment}; set a larger type")


def check_place(one: Broker, problems: Problems) -> None:
    if not one.subnet_ids:
        problems.missing(f"{one.path}.subnet_ids", f"{NO_NETWORK} subnets")
    if not one.security_group_ids:
        problems.missing(f"{one.path}.security_group_ids", f"{NO_NETWORK} security groups")
    if len(one.security_group_ids) > MOST_GROUPS:
        remedy = f"Amazon MQ takes at most {MOST_GROUPS}; remove {len(one.security_group_ids) - MOST_GROUPS}"
        problems.add(f"{one.path}.security_group_ids", list(one.security_group_ids), remedy)
    if one.deployment == SINGLE and len(one.subnet_ids) > 1:
        problems.add(
            f"{one.path}.subnet_ids", list(one.subnet_ids), "a single broker is in one subnet; list one, or set deployment: cluster"
        )
    zones = list(one.subnet_zones)
    if one.deployment == CLUSTER and len(set(zones)) < len(zones) and not is_unknown(zones):
        problems.add(
            f"{one.path}.subnet_ids", list(one.subnet_ids), "two are in one zone, and a cluster has one subnet in each; remove one"
        )
