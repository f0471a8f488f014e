# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How narrowly the actions on what watches a platform can be confined."""

from __future__ import annotations

from ...aws.grants import (
    REGIONAL,
    Grant,
    Permissions,
    arn,
    each,
    equals,
    iam,
    keeps_mark,
    marked,
    merged,
    not_others,
    request_marked,
)
from ...kinds.permissions import KEYS, ROLES, events_rules

ALARM = arn("cloudwatch", "alarm:{environment}-*")
"""Alarms share the prefix of their environment; the mark says which component's one is."""
MUTE = arn("cloudwatch", "alarm-mute-rule:{environment}-{component}-*")
DASHBOARD = arn("cloudwatch", "dashboard/{environment}*", region="")
TOPIC = Grant((arn("sns", "{environment}-{component}-*"),))
ANY_GROUP = arn("logs", "log-group:*")
CONNECTION = arn("events", "connection/{environment}-{component}-*")
DESTINATION = arn("events", "api-destination/{environment}-{component}-*")
"""Their names are followed by an ID, which the star covers."""
GIVEN_SECRETS = Grant((arn("secretsmanager", "secret:*"),))
"""Secrets that others keep, with URLs: only their values are read."""
OF_CONNECTIONS = Grant((arn("secretsmanager", "secret:events!connection/{environment}-{component}-*"),))
"""The secrets in which EventBridge keeps the keys of connections, with the caller's rights."""

WATCHING = Permissions(
    reads={
        **each("cloudwatch", "DescribeAlarms GetMetricData", REGIONAL),
        "cloudwatch:ListTagsForResource": (Grant((ALARM, MUTE, DASHBOARD)),),
        "cloudwatch:ListAlarmMuteRules": (REGIONAL,),
        "cloudwatch:GetAlarmMuteRule": (Grant((MUTE,)),),
        "cloudwatch:ListDashboards": (REGIONAL,),
        "cloudwatch:GetDashboard": (Grant((DASHBOARD,)),),
        "sns:ListTopics": (REGIONAL,),
        **each("sns", "GetTopicAttributes ListSubscriptionsByTopic ListTagsForResource", TOPIC),
        **each("events", "ListApiDestinations ListConnections", REGIONAL),
        "events:DescribeConnection": (Grant((CONNECTION,)),),
        "events:DescribeApiDestination": (Grant((DESTINATION,)),),
        "logs:DescribeLogGroups": (REGIONAL,),
        "logs:ListTagsForResource": (Grant((ANY_GROUP,)),),
        **each("logs", "DescribeMetricFilters DescribeQueryDefinitions", REGIONAL),
        "tag:GetResources": (REGIONAL,),
        "secretsmanager:GetSecretValue": (GIVEN_SECRETS,),
        "ec2:DescribeInstanceTypes": (REGIONAL,),
        **each("elasticloadbalancing", "DescribeTags DescribeTargetGroups", REGIONAL),
        **each("kafka", "ListClustersV2 ListNodes", REGIONAL),
    },
    writes={
        **each("cloudwatch", "PutMetricAlarm PutCompositeAlarm", Grant((ALARM,), (request_marked,)), Grant((ALARM,), (marked,))),
        "cloudwatch:DeleteAlarms": (Grant((ALARM,), (marked,)),),
        "cloudwatch:PutAlarmMuteRule": (Grant((MUTE,)), Grant((ALARM,))),
        "cloudwatch:DeleteAlarmMuteRule": (Grant((MUTE,)),),
        "cloudwatch:PutDashboard": (Grant((DASHBOARD,)),),
        "cloudwatch:DeleteDashboards": (Grant((DASHBOARD,)),),
        "cloudwatch:TagResource": (
            Grant((ALARM, MUTE, DASHBOARD), (marked, keeps_mark)),
            Grant((ALARM, MUTE, DASHBOARD), (request_marked, not_others)),
        ),
        "cloudwatch:UntagResource": (Grant((ALARM, MUTE, DASHBOARD), (marked,)),),
        "sns:CreateTopic": (Grant(TOPIC.resources, (request_marked,)),),
        **each("sns", "DeleteTopic SetTopicAttributes Subscribe TagResource Unsubscribe UntagResource", TOPIC),
        **each("events", "CreateConnection DeleteConnection UpdateConnection", Grant((CONNECTION,))),
        **each("events", "CreateApiDestination DeleteApiDestination UpdateApiDestination", Grant((DESTINATION,))),
        "iam:CreateServiceLinkedRole": (
            Grant(
                (iam("role/aws-service-role/apidestinations.events.amazonaws.com/*"),),
                (equals("iam:AWSServiceName", "apidestinations.events.amazonaws.com"),),
            ),
        ),
        **each("secretsmanager", "CreateSecret DeleteSecret PutSecretValue UpdateSecret", OF_CONNECTIONS),
        "logs:CreateLogGroup": (Grant((ANY_GROUP,), (request_marked,)),),
        **each(
            "logs",
            "AssociateKmsKey DeleteLogGroup DeleteRetentionPolicy DisassociateKmsKey PutRetentionPolicy UntagResource",
            Grant((ANY_GROUP,), (marked,)),
        ),
        "logs:TagResource": (Grant((ANY_GROUP,), (marked, keeps_mark)), Grant((ANY_GROUP,), (request_marked, not_others))),
        **each("logs", "DeleteMetricFilter PutMetricFilter", Grant((ANY_GROUP,))),
        **each("logs", "DeleteQueryDefinition PutQueryDefinition", REGIONAL),
        "iam:PassRole": (Grant((iam("role{path}*"),), (equals("iam:PassedToService", "events.amazonaws.com"),)),),
    },
    together={
        "cloudwatch:PutMetricAlarm": ("cloudwatch:TagResource", "cloudwatch:ListTagsForResource"),
        "cloudwatch:PutCompositeAlarm": ("cloudwatch:TagResource", "cloudwatch:ListTagsForResource"),
        "cloudwatch:PutAlarmMuteRule": ("cloudwatch:TagResource",),
        "cloudwatch:PutDashboard": ("cloudwatch:TagResource",),
        "sns:CreateTopic": ("sns:TagResource",),
        "events:CreateConnection": ("secretsmanager:CreateSecret", "secretsmanager:PutSecretValue", "iam:CreateServiceLinkedRole"),
        "events:UpdateConnection": ("secretsmanager:UpdateSecret", "secretsmanager:PutSecretValue"),
        "events:DeleteConnection": ("secretsmanager:DeleteSecret",),
        "events:PutTargets": ("iam:PassRole",),
        "logs:CreateLogGroup": ("logs:TagResource",),
    },
)

PERMISSIONS = merged((KEYS, ROLES, events_rules("{environment}-{component}-"), WATCHING))
