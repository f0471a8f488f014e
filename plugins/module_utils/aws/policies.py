# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Policy documents that several domains use. Pure functions; canonical.py compares documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .place import Place

Statement = Mapping[str, Any]

KEY_USE = ("kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*")
"""The actions for which CloudWatch Logs uses a key (CloudWatch Logs User Guide, "Encrypt log data")."""


def policy(*statements: Statement) -> dict[str, Any]:
    """A policy document with these statements."""
    return {"Version": "2012-10-17", "Statement": [dict(statement) for statement in statements]}


def key_policy(place: Place, *users: Statement) -> dict[str, Any]:
    """The policy of a KMS key: IAM in the account decides who administers and uses it, and ``users`` may use it as well."""
    account = {"Sid": "AccountDecidesByIam", "Effect": "Allow", "Principal": {"AWS": place.iam_arn("root")}}
    return policy({**account, "Action": "kms:*", "Resource": "*"}, *users)


def logs_use_of_key(place: Place, sid: str, log_groups: str) -> dict[str, Any]:
    """A key policy statement: CloudWatch Logs may use the key only for log groups of this pattern (``/mainstay/prod/network/*``)."""
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": logs_principal(place)},
        "Action": list(KEY_USE),
        "Resource": "*",
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": place.arn("logs", f"log-group:{log_groups}")}},
    }


def data_key(place: Place, what: str, log_groups: Iterable[str]) -> dict[str, Any]:
    """The properties of the key for everything that belongs to databases or caches. ``what`` begins its description.

    ``log_groups``: patterns of the names of the log groups for which CloudWatch Logs may use it.
    """
    uses = [logs_use_of_key(place, f"CloudWatchLogsOf{position}", one) for position, one in enumerate(log_groups, start=1)]
    return {
        "description": f"{what} of {place.environment}/{place.component}",
        "policy": key_policy(place, *uses),
        "enable_key_rotation": True,
        "alias": f"alias{place.path}data",
        "tags": {**place.tags, "Name": f"{place.environment}-{place.component}-data"},
    }


def logs_principal(place: Place) -> str:
    """The service principal with which CloudWatch Logs in a region uses a key."""
    return f"logs.{place.region}.amazonaws.com{'.cn' if place.partition == 'aws-cn' else ''}"


def write_logs(place: Place, log_groups: str) -> dict[str, Any]:
    """A statement: write to existing log groups, so that the writer needs no permission to create any."""
    return {
        "Sid": "Write",
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
        "Resource": place.arn("logs", f"log-group:{log_groups}"),
    }
