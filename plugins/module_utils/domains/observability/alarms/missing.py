# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What it means if a metric has no data: for each metric one of CloudWatch's treatments, and the reason.

The wrong choice is either noise or silence. A metric that is published only when something happens would alarm in every quiet night if its
absence counted as a breach; a metric that is always published and stops would be good news for ever if its absence counted as good. A wrong
dimension looks like either, which is why a run lists the alarms that never had data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .model import BREACHING, IGNORE, MISSING, NOT_BREACHING, Metric


class Treatment(NamedTuple):
    missing_data: str
    reason: str


ALWAYS = Treatment(
    MISSING,
    "it is published every minute as long as the resource runs: without data the state is unknown (INSUFFICIENT_DATA), which the dashboard "
    "shows; a planned stop must not page",
)
ON_EVENT = Treatment(NOT_BREACHING, "it is published only when it happens: no data means that it did not happen")
ON_REQUEST = Treatment(NOT_BREACHING, "it is published only while there are requests: no data means that there were none")
QUIET_QUEUE = Treatment(NOT_BREACHING, "SQS stops publishing six hours after the last use of a queue: no data means that nothing waits")
IF_FEATURE = Treatment(NOT_BREACHING, "it is published only while the feature is in use: no data means that there is nothing to measure")
KEEP = Treatment(IGNORE, "it is published twice a day and ends with the certificate: the last state must stay, also after the expiry")
DAILY = Treatment(IGNORE, "it is published once a day, hours late: the state stays as the last value left it")
PROOF = Treatment(BREACHING, "it is published when the work is done: no data is exactly what the alarm is for")
ALIVE = Treatment(
    BREACHING, "it is published every minute as long as the check exists: if it stops, what it checks is not checked any more"
)
NO_TARGETS = Treatment(
    MISSING,
    "it is not published for a target group without targets, such as the idle one of a blue/green pair; requests to it fail, and the alarm "
    "on "
    "errors sees those",
)

TREATMENTS: Mapping[str, Mapping[str, Treatment]] = {
    "AWS/RDS": {
        "CPUUtilization": ALWAYS,
        "FreeableMemory": ALWAYS,
        "SwapUsage": ALWAYS,
        "FreeStorageSpace": ALWAYS,
        "DatabaseConnections": ALWAYS,
        "CPUCreditBalance": ALWAYS,
        "MaximumUsedTransactionIDs": ALWAYS,
        "ReplicaLag": ALWAYS,
        "OldestReplicationSlotLag": IF_FEATURE,
        "EBSIOBalance%": IF_FEATURE,
        "EBSByteBalance%": IF_FEATURE,
        "BurstBalance": IF_FEATURE,
    },
    "AWS/ElastiCache": {
        "CPUUtilization": ALWAYS,
        "EngineCPUUtilization": ALWAYS,
        "DatabaseMemoryUsagePercentage": ALWAYS,
        "CurrConnections": ALWAYS,
        "SwapUsage": ALWAYS,
        "CPUCreditBalance": ALWAYS,
        "Evictions": ON_EVENT,
        "ReplicationLag": IF_FEATURE,
    },
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible": QUIET_QUEUE, "ApproximateAgeOfOldestMessage": QUIET_QUEUE},
    "AWS/AmazonMQ": {
        "SystemCpuUtilization": ALWAYS,
        "RabbitMQMemUsed": ALWAYS,
        "RabbitMQDiskFree": ALWAYS,
        "MessageReadyCount": ON_EVENT,
        "ConnectionCount": ALWAYS,
    },
    "AWS/Kafka": {
        "CpuUser": ALWAYS,
        "HeapMemoryAfterGC": ALWAYS,
        "KafkaDataLogsDiskUsed": ALWAYS,
        "OfflinePartitionsCount": ALWAYS,
        "UnderReplicatedPartitions": ALWAYS,
        "ActiveControllerCount": ALWAYS,
        "EstimatedMaxTimeLag": IF_FEATURE,
        "BytesInPerSec": ON_REQUEST,
    },
    "AWS/ApplicationELB": {
        "RequestCount": ON_REQUEST,
        "TargetResponseTime": ON_REQUEST,
        "HTTPCode_ELB_5XX_Count": ON_EVENT,
        "TargetConnectionErrorCount": ON_EVENT,
        "RejectedConnectionCount": ON_EVENT,
        "UnHealthyHostCount": NO_TARGETS,
        "HealthyHostCount": NO_TARGETS,
    },
    "AWS/NetworkELB": {"UnHealthyHostCount": NO_TARGETS, "HealthyHostCount": NO_TARGETS, "PortAllocationErrorCount": ON_EVENT},
    "AWS/EKS": {"scheduler_pending_pods_UNSCHEDULABLE": ALWAYS, "apiserver_request_total_5XX": ON_EVENT},
    "ContainerInsights": {
        "cluster_failed_node_count": ALWAYS,
        "node_cpu_utilization": ALWAYS,
        "node_memory_utilization": ALWAYS,
        "node_filesystem_utilization": ALWAYS,
        "pod_status_pending": ON_EVENT,
        "pod_cpu_utilization_over_pod_limit": IF_FEATURE,
        "pod_memory_utilization_over_pod_limit": IF_FEATURE,
        "pod_container_status_waiting_reason_crash_loop_back_off": ON_EVENT,
    },
    "AWS/AutoScaling": {"GroupInServiceInstances": ALWAYS},
    "AWS/EC2": {"CPUUtilization": ALWAYS, "StatusCheckFailed": ALWAYS, "CPUCreditBalance": ALWAYS, "EBSIOBalance%": IF_FEATURE},
    "AWS/NATGateway": {"ErrorPortAllocation": ON_EVENT, "PacketsDropCount": ON_EVENT},
    "AWS/CloudFront": {"5xxErrorRate": ON_REQUEST, "OriginLatency": ON_REQUEST},
    "AWS/WAFV2": {"BlockedRequests": ON_EVENT},
    "AWS/CertificateManager": {"DaysToExpiry": KEEP},
    "AWS/S3": {"BucketSizeBytes": DAILY, "OperationsFailedReplication": ON_EVENT, "5xxErrors": ON_REQUEST},
    "AWS/Events": {"TriggeredRules": PROOF},
    "AWS/Route53": {"HealthCheckStatus": ALIVE},
}
"""Namespace -> metric -> treatment, for every metric that an alarm of this collection watches first."""

LOGS = "Mainstay/Logs"
"""Metrics that this collection's filters count in logs: one for each application."""

OWN = Treatment(MISSING, "nothing is known about this metric: without data the state is unknown (INSUFFICIENT_DATA)")


def treatment(metric: Metric) -> Treatment:
    """How missing data of a metric is treated. Metrics of users' own alarms are not in the table."""
    if metric.namespace == LOGS:
        return ON_EVENT
    return TREATMENTS.get(metric.namespace, {}).get(metric.name, OWN)
