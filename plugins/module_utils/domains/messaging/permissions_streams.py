# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How narrowly the IAM permissions of streams can be scoped (Service Authorization Reference, Apache Kafka APIs for Amazon MSK clusters).

Configurations have no tags, so ours are told by their names. Topics have none either: whoever makes a call about one must also be allowed
to connect to its cluster, which has them. MSK makes a grant of the key and, for what its clients connect to, endpoints of the network with
the caller's rights.
"""

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
    typed,
)
from ...kinds.permissions import OWN_KEY, named_log_groups
from .kinds.stream_log_group import PREFIX
from .kinds.stream_secret import BEGINNING

CLUSTERS = Grant((arn("kafka", "cluster/*"),))
OWN = Grant(CLUSTERS.resources, (marked,))
TOPICS = Grant((arn("kafka", "topic/*"),))
"""A topic is part of its cluster, to which kafka-cluster:Connect admits (MSK Developer Guide, "Topic Operations")."""
CONFIGURATIONS = Grant((arn("kafka", "configuration/*"),))
SECRETS = Grant((arn("secretsmanager", f"secret:{BEGINNING}{{environment}}/{{component}}/*"),))
DELIVERY = (
    "CreateLogDelivery DeleteLogDelivery DescribeResourcePolicies GetLogDelivery ListLogDeliveries PutResourcePolicy UpdateLogDelivery"
)
"""What MSK does with the caller's rights where it delivers logs (CloudWatch Logs User Guide, "Logs sent to CloudWatch Logs")."""
OWN_CONFIGURATIONS = Grant((arn("kafka", "configuration/{environment}-{component}-*"),))
ENDPOINTS = typed("ec2", "vpc-endpoint")
MANAGED = "AWSMSKManaged"
"""The tag by which MSK knows its own endpoints (AWS managed policy AmazonMSKFullAccess)."""
LOOKS = "DescribeRouteTables DescribeSecurityGroups DescribeSubnets DescribeVpcAttribute DescribeVpcEndpoints DescribeVpcs"

CLUSTERS_AND_PARTS = Permissions(
    reads={
        **each("kafka", "ListClustersV2 ListConfigurations ListKafkaVersions", REGIONAL),
        # The holder of a wanted name is read to find its owner.
        **each("kafka", "DescribeClusterV2 GetBootstrapBrokers ListScramSecrets", CLUSTERS),
        **each("kafka", "DescribeConfiguration DescribeConfigurationRevision", CONFIGURATIONS),
        "kafka:DescribeTopic": (OWN,),
        "kafka-cluster:Connect": (OWN,),
        **each("kafka-cluster", "DescribeTopic DescribeTopicDynamicConfiguration", TOPICS),
        **each("ec2", LOOKS, REGIONAL),
        "secretsmanager:ListSecrets": (REGIONAL,),
        **each("secretsmanager", "DescribeSecret GetSecretValue", SECRETS),
        "tag:GetResources": (REGIONAL,),
    },
    writes={
        "kafka:CreateClusterV2": (Grant(("*",), (*REGIONAL.conditions, request_marked)),),
        "kafka:CreateConfiguration": (REGIONAL,),
        **each("kafka", "DeleteConfiguration UpdateConfiguration", OWN_CONFIGURATIONS),
        **each("kafka", "DeleteCluster UntagResource UpdateBrokerCount UpdateBrokerStorage UpdateBrokerType", OWN),
        **each("kafka", "CreateTopic UpdateTopic", OWN),
        **each("kafka-cluster", "AlterTopic AlterTopicDynamicConfiguration CreateTopic", TOPICS),
        **each("kafka", "BatchAssociateScramSecret BatchDisassociateScramSecret", OWN),
        **each("kafka", "UpdateClusterConfiguration UpdateClusterKafkaVersion UpdateMonitoring UpdateSecurity", OWN),
        # Also checked as part of the create call, when the cluster has no tags yet.
        "kafka:TagResource": (Grant(CLUSTERS.resources, (marked, keeps_mark)), Grant(CLUSTERS.resources, (request_marked, not_others))),
        "secretsmanager:CreateSecret": (Grant(SECRETS.resources, (request_marked,)),),
        **each("secretsmanager", "DeleteSecret PutSecretValue RestoreSecret TagResource UntagResource UpdateSecret", SECRETS),
        **each("kms", "CreateGrant GenerateDataKey RetireGrant", OWN_KEY),
        **each("logs", DELIVERY, REGIONAL),
        "ec2:CreateVpcEndpoint": (REGIONAL,),
        "ec2:CreateTags": (Grant((ENDPOINTS,), (equals(f"aws:RequestTag/{MANAGED}", "true"),)),),
        "ec2:DeleteVpcEndpoints": (Grant((ENDPOINTS,), (equals(f"aws:ResourceTag/{MANAGED}", "true"),)),),
        "iam:CreateServiceLinkedRole": (
            Grant((iam("role/aws-service-role/kafka.amazonaws.com/*"),), (equals("iam:AWSServiceName", "kafka.amazonaws.com"),)),
        ),
    },
    together={
        "kafka:CreateClusterV2": (
            "kafka:TagResource",
            *(f"ec2:{name}" for name in LOOKS.split()),
            "ec2:CreateTags",
            "ec2:CreateVpcEndpoint",
            "iam:CreateServiceLinkedRole",
            "kms:CreateGrant",
            "kms:DescribeKey",
            *(f"logs:{name}" for name in DELIVERY.split()),
        ),
        "kafka:CreateTopic": ("kafka-cluster:Connect", "kafka-cluster:CreateTopic"),
        "kafka:DescribeTopic": (
            *("kafka-cluster:Connect", "kafka-cluster:DescribeTopic", "kafka-cluster:DescribeTopicDynamicConfiguration"),
        ),
        "kafka:UpdateTopic": (
            *("kafka-cluster:Connect", "kafka-cluster:DescribeTopic"),
            *("kafka-cluster:AlterTopic", "kafka-cluster:AlterTopicDynamicConfiguration"),
        ),
        "kafka:UpdateMonitoring": tuple(f"logs:{name}" for name in DELIVERY.split()),
        "kafka:BatchAssociateScramSecret": ("kms:CreateGrant", "kms:RetireGrant"),
        "secretsmanager:CreateSecret": ("secretsmanager:TagResource", "kms:GenerateDataKey", "kms:Decrypt"),
        "secretsmanager:PutSecretValue": ("kms:GenerateDataKey", "kms:Decrypt"),
        "secretsmanager:UpdateSecret": ("kms:GenerateDataKey", "kms:Decrypt"),
        "kafka:DeleteCluster": ("ec2:DeleteVpcEndpoints",),
    },
)

STREAMS = merged((named_log_groups(PREFIX, PREFIX), CLUSTERS_AND_PARTS))
