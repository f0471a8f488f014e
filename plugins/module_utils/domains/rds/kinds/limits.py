# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The quotas that instances and their parts consume. Codes and defaults come from AWS Service Quotas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ....aws.connection import Aws
from ....aws.quotas import REGION, Count


def _instances(aws: Aws, _scopes: Sequence[str]) -> Mapping[str, int]:
    return {REGION: len(aws.list_all("rds", "describe_db_instances", "DBInstances"))}


def _subnet_groups(aws: Aws, _scopes: Sequence[str]) -> Mapping[str, int]:
    return {REGION: len(aws.list_all("rds", "describe_db_subnet_groups", "DBSubnetGroups"))}


def _parameter_groups(aws: Aws, _scopes: Sequence[str]) -> Mapping[str, int]:
    return {REGION: len(aws.list_all("rds", "describe_db_parameter_groups", "DBParameterGroups"))}


def _proxies(aws: Aws, _scopes: Sequence[str]) -> Mapping[str, int]:
    return {REGION: len(aws.list_all("rds", "describe_db_proxies", "DBProxies"))}


INSTANCES = Count("rds", "L-7B6409FD", "DB instances", 40, _instances)
SUBNET_GROUPS = Count("rds", "L-48C6BF61", "DB subnet groups", 50, _subnet_groups)
PARAMETER_GROUPS = Count("rds", "L-DE55804A", "DB parameter groups", 50, _parameter_groups)
PROXIES = Count("rds", "L-D94C7EA3", "RDS proxies", 20, _proxies)
