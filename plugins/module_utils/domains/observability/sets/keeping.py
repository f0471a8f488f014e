# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Alarms on what is kept: buckets, certificates, backups."""

from __future__ import annotations

from collections.abc import Iterator

from ..alarms.building import BYTES, COUNT, DAY, DAYS, GIB, LASTING, Limit, Span, Subject
from ..alarms.classes import size
from ..alarms.model import BELOW, CRITICAL, NOTICE, WARNING, Alarm
from ..platform import Backup, Bucket, Certificate, Platform

RENEWED_SHARE, IMPORTED_SHARE, LAST_SHARE = 1 / 6, 1 / 3, 1 / 15
"""Shares of a certificate's life. ACM renews by itself 45 days or more before the end of the 198 that a public certificate lives now, and
lives become shorter (100 days from March 2027, 47 from March 2029), so no number of days stays right. Imported ones are renewed by hand."""
LONGEST_NOTICE = 45
FEWEST_DAYS = 2
HOUR = 3_600


def certificate_alarms(one: Certificate, platform: Platform) -> Iterator[Alarm]:
    subject = Subject(
        "certificates", one.name, "certificate", one.region or platform.region, "AWS/CertificateManager", (("CertificateArn", one.arn),)
    )
    share = RENEWED_SHARE if one.renewed else IMPORTED_SHARE
    how = (
        "ACM should have renewed it by now: look at its renewal status and its validation records"
        if one.renewed
        else "nothing renews an imported certificate: import its successor"
    )
    for kind, severity, part in (("expiry", WARNING, share), ("expiry-critical", CRITICAL, LAST_SHARE)):
        days = max(FEWEST_DAYS, min(LONGEST_NOTICE, int(one.life_days * part)))
        yield subject.alarm(
            kind,
            severity,
            subject.metric("DaysToExpiry", "Minimum", DAY),
            Limit(days, DAYS, BELOW),
            DAY,
            f"Certificate {one.name} expires in less than {days} of its {one.life_days} days; {how}.",
        )


def bucket_alarms(one: Bucket, platform: Platform) -> Iterator[Alarm]:
    dimensions = (("BucketName", one.bucket_name), ("StorageType", "StandardStorage"))
    subject = Subject("buckets", one.name, "bucket", platform.region, "AWS/S3", dimensions)
    yield subject.alarm(
        "size",
        NOTICE,
        subject.metric("BucketSizeBytes", "Average", DAY),
        Limit(one.expected_gib * GIB, BYTES),
        DAY,
        f"Bucket {one.bucket_name} holds more than {size(one.expected_gib * GIB)} in standard storage. Look for what grew, and at its "
        "lifecycle rules.",
    )
    if one.request_metrics:
        requests = (("BucketName", one.bucket_name), ("FilterId", one.request_metrics))
        yield subject.alarm(
            "errors",
            WARNING,
            subject.metric("5xxErrors", "Average", LASTING, requests),
            Limit(0.01, COUNT),
            LASTING,
            f"S3 has failed more than 1 % of the requests to bucket {one.bucket_name} for 15 minutes: a prefix gets too many at once.",
        )
    for destination, rule in one.replicas:
        route = (("SourceBucket", one.bucket_name), ("DestinationBucket", destination), ("RuleId", rule))
        yield subject.alarm(
            f"replication-{rule}",
            WARNING,
            subject.metric("OperationsFailedReplication", "Sum", LASTING, route),
            Limit(0, COUNT),
            Span(300, 1, 1),
            f"S3 could not copy objects of bucket {one.bucket_name} to {destination} (rule {rule}): look at the role's rights and at keys.",
        )


def backup_alarms(one: Backup, platform: Platform) -> Iterator[Alarm]:
    """The rule's own metric counts completed backups. Nothing for longer than allowed is the alarm, also if the rule never matched."""
    subject = Subject("backups", one.name, "backup", platform.region, "AWS/Events", (("RuleName", one.rule_name),))
    span = Span(HOUR, one.hours, one.hours)
    yield subject.alarm(
        "age",
        CRITICAL,
        subject.metric("TriggeredRules", "Sum", span),
        Limit(1, COUNT, BELOW),
        span,
        f"RDS has not completed a backup of database {one.name} for {one.hours} hours. Look at the instance's events and state, and at the "
        "retention of its backups: 0 days turns them off.",
        warm_up=min((one.hours + 1) * 60, 2_880),
    )
