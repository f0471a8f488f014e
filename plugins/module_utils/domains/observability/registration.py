# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The observability domain's entry in the registry of domains."""

from __future__ import annotations

from ...component.registration import Details, Registration


def load() -> Details:
    from ...aws.operations import operations
    from ...kinds.permissions import UNUSED
    from .domain import KINDS, SERVICES
    from .names import names
    from .permissions import PERMISSIONS
    from .samples import samples

    return Details(
        kinds=KINDS,
        services=SERVICES,
        permissions=PERMISSIONS,
        reads={
            "URLs of receivers": operations("secretsmanager", "get_secret_value"),
            "memory of instance classes": operations("ec2", "describe_instance_types"),
            "target groups of applications": operations("elbv2", "describe_tags describe_target_groups"),
            "brokers of MSK": operations("kafka", "list_clusters_v2 list_nodes"),
            "alarms without data": operations("cloudwatch", "get_metric_data"),
            "confirmations": operations("sns", "list_subscriptions_by_topic"),
        },
        reads_elsewhere=operations("cloudwatch", "get_metric_data"),
        unused={
            "iam:AttachRolePolicy": "the role that calls Slack has no managed policies",
            "iam:DetachRolePolicy": "the role that calls Slack has no managed policies",
            **UNUSED,
        },
        names=names,
        samples=samples,
    )


REGISTRATION = Registration(
    name="observability",
    role="observability",
    variable="observability_severities",
    order=(
        "kms_key",
        "iam_role",
        "alarm_topic",
        "events_connection",
        "api_destination",
        "alarm_rule",
        "watched_log_group",
        "metric_filter",
        "saved_query",
        "metric_alarm",
        "composite_alarm",
        "mute_rule",
        "dashboard",
    ),
    load=load,
)
