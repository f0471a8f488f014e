# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Statements of policies that let a service of AWS publish to an encrypted topic, for this account only. Pure functions."""

from __future__ import annotations

from typing import Any

from ...aws.place import Place

TO_PUBLISH = ("kms:Decrypt", "kms:GenerateDataKey*")
"""What a publisher needs of a topic's key (SNS Developer Guide, "Enable compatibility between event sources and encrypted topics")."""


def publisher_use_of_key(place: Place, sid: str, service: str) -> dict[str, Any]:
    """A statement for the topic's key."""
    return {**_statement(place, sid, service), "Action": list(TO_PUBLISH), "Resource": "*"}


def may_publish(place: Place, sid: str, service: str, topic: str) -> dict[str, Any]:
    """A statement for the topic itself."""
    return {**_statement(place, sid, service), "Action": "sns:Publish", "Resource": place.arn("sns", topic)}


def _statement(place: Place, sid: str, service: str) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Condition": {"StringEquals": {"aws:SourceAccount": place.account_id}},
    }
