# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Alarms on DB instances of RDS for PostgreSQL.

RDS publishes free memory in bytes and no share, so the threshold comes from the memory of the class. Numbers without a source are this
collection's; those of AWS are from "Recommended alarms" in the CloudWatch User Guide and the RDS User Guide.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..alarms.building import BYTES, COUNT, GIB, LASTING, LONG, MIB, PERCENT, SECONDS, Limit, Span, Subject
from ..alarms.classes import credits_per_hour, default_connections, size
from ..alarms.model import BELOW, CRITICAL, NOTICE, WARNING, Alarm
from ..platform import Database, Platform

MEMORY_USED = 0.80
"""The share of memory that may be in use."""
UNKNOWN_MEMORY = 256 * MIB
"""Free memory below which any class is short of it; used if the memory of the class is not known."""
STORAGE_LEFT, STORAGE_CRITICAL, STORAGE_GROWING = 0.20, 0.10, 0.05
"""Shares of storage left: to warn, and to page. RDS grows storage by itself below a tenth, so an instance that can grow pages later."""
CONNECTIONS_USED = 0.80
SWAP = 256 * MIB
TRANSACTIONS, TRANSACTIONS_CRITICAL = 500_000_000, 1_000_000_000
"""PostgreSQL stops accepting writes at about 2.1 billion; vacuuming a large table takes days."""
LAG = 360
"""A replica of an idle primary lags up to five minutes, since RDS switches WAL segments that often."""
SLOT_SHARE = 0.10
CREDITS = Span(300, 12, 12)
"""An hour: a new instance starts without credits, and an idle one earns half an hour's worth in less."""


def database_alarms(one: Database, platform: Platform) -> Iterator[Alarm]:
    subject = Subject(
        "databases", one.name, "database", one.region or platform.region, "AWS/RDS", (("DBInstanceIdentifier", one.identifier),)
    )
    yield subject.alarm(
        "cpu",
        WARNING,
        subject.metric("CPUUtilization"),
        Limit(80, PERCENT),
        LASTING,
        f"The processors of database {one.identifier} ({one.instance_class}) have been busy over 80 % for 15 minutes. Look at the top "
        "statements in Performance Insights; add an index or choose a larger class.",
    )
    yield from memory(one, subject)
    yield from storage(one, subject)
    yield from connections(one, subject)
    yield from transactions(one, subject)
    yield from cpu_credits(one, subject)
    yield from disk_balance(one, subject)
    yield from replication(one, subject)


def memory(one: Database, subject: Subject) -> Iterator[Alarm]:
    if one.memory_bytes:
        least = round(one.memory_bytes * (1 - MEMORY_USED))
        of = f"20 % of the {size(one.memory_bytes)} of {one.instance_class}"
    else:
        least, of = UNKNOWN_MEMORY, f"{one.instance_class}, whose memory EC2 does not know"
    yield subject.alarm(
        "memory",
        WARNING,
        subject.metric("FreeableMemory"),
        Limit(least, BYTES, BELOW),
        LASTING,
        f"Database {one.identifier} has had less than {size(least)} of memory left for 15 minutes ({of}). Look for sessions with large "
        "sorts, lower work_mem or the number of connections, or choose a larger class.",
    )
    yield subject.alarm(
        "swap",
        NOTICE,
        subject.metric("SwapUsage"),
        Limit(SWAP, BYTES),
        LONG,
        f"Database {one.identifier} has swapped more than {size(SWAP)} for 30 minutes: its memory is too small for what it does.",
    )


def storage(one: Database, subject: Subject) -> Iterator[Alarm]:
    if not one.storage_gib:
        return
    grows = one.storage_limit_gib > one.storage_gib
    last = STORAGE_GROWING if grows else STORAGE_CRITICAL
    how = f"RDS grows it up to {one.storage_limit_gib} GiB" if grows else "RDS does not grow it by itself"
    for kind, severity, share in (("disk", WARNING, STORAGE_LEFT), ("disk-full", CRITICAL, last)):
        least = round(one.storage_gib * GIB * share)
        yield subject.alarm(
            kind,
            severity,
            subject.metric("FreeStorageSpace", "Minimum"),
            Limit(least, BYTES, BELOW),
            LASTING,
            f"Database {one.identifier} has less than {size(least)} of storage left, {share:.0%} of {one.storage_gib} GiB ({how}). A full "
            "disk stops all writes. Raise storage.size or storage.autoscale_to, and look for replication slots that keep WAL.",
        )


def connections(one: Database, subject: Subject) -> Iterator[Alarm]:
    most = one.max_connections or (default_connections(one.memory_bytes) if one.memory_bytes else 0)
    if not most:
        return
    limit = int(most * CONNECTIONS_USED)
    yield subject.alarm(
        "connections",
        WARNING,
        subject.metric("DatabaseConnections", "Maximum"),
        Limit(limit, COUNT),
        LASTING,
        f"Database {one.identifier} has had more than {limit} of {most} connections for 15 minutes. The next ones are refused at {most}: "
        "look for idle sessions, lower the pools of the applications, or put a proxy in front.",
    )


def transactions(one: Database, subject: Subject) -> Iterator[Alarm]:
    if one.replica_of:
        return
    for kind, severity, most in (
        ("transaction-ids", WARNING, TRANSACTIONS),
        ("transaction-ids-critical", CRITICAL, TRANSACTIONS_CRITICAL),
    ):
        yield subject.alarm(
            kind,
            severity,
            subject.metric("MaximumUsedTransactionIDs", "Maximum"),
            Limit(most, COUNT),
            LASTING,
            f"The oldest row of database {one.identifier} that is not frozen is {most:,} transactions old. PostgreSQL stops writes at "
            "about "
            "2.1 billion: look for long transactions and replication slots, and vacuum the oldest tables.",
        )


def cpu_credits(one: Database, subject: Subject) -> Iterator[Alarm]:
    earned = credits_per_hour(one.instance_class)
    if not earned:
        return
    yield subject.alarm(
        "cpu-credits",
        WARNING,
        subject.metric("CPUCreditBalance", span=CREDITS),
        Limit(earned / 2, COUNT, BELOW),
        CREDITS,
        f"Database {one.identifier} ({one.instance_class}) has had less than half an hour's worth of CPU credits for an hour: it needs "
        "more "
        "processor than its class earns, at an extra charge. Find out what runs, or choose a class that does not burst.",
    )


def disk_balance(one: Database, subject: Subject) -> Iterator[Alarm]:
    for kind, metric, what in (
        ("ebs-io-balance", "EBSIOBalance%", "I/O operations"),
        ("ebs-byte-balance", "EBSByteBalance%", "throughput"),
        *((("burst-balance", "BurstBalance", "I/O operations of gp2 storage"),) if one.storage_type == "gp2" else ()),
    ):
        yield subject.alarm(
            kind,
            WARNING,
            subject.metric(metric, "Minimum"),
            Limit(20, PERCENT, BELOW),
            LASTING,
            f"Database {one.identifier} has used more than 80 % of its reserve of {what}. At 0 % its disk becomes slow, and every "
            "statement "
            "with it: find out what reads or writes so much, or choose a larger class or gp3 storage with more IOPS.",
        )


def replication(one: Database, subject: Subject) -> Iterator[Alarm]:
    if one.replica_of:
        yield subject.alarm(
            "replica-lag",
            WARNING,
            subject.metric("ReplicaLag", "Maximum"),
            Limit(LAG, SECONDS),
            LASTING,
            f"Replica {one.identifier} of {one.replica_of} has been more than {LAG} s behind for 15 minutes, so its readers see old data. "
            "Look for long queries on the replica and for bulk writes; it may need the class of its primary.",
        )
        yield subject.alarm(
            "replica-stopped",
            CRITICAL,
            subject.metric("ReplicaLag", "Maximum"),
            Limit(0, SECONDS, BELOW),
            LASTING,
            f"Replica {one.identifier} of {one.replica_of} does not replicate (RDS reports a lag of -1). Read its events in RDS for the "
            "reason; if WAL is missing, the replica has to be created again.",
        )
    if one.replicas and one.storage_gib:
        most = round(one.storage_gib * GIB * SLOT_SHARE)
        yield subject.alarm(
            "replication-slot",
            WARNING,
            subject.metric("OldestReplicationSlotLag", "Maximum"),
            Limit(most, BYTES),
            LASTING,
            f"A replication slot of database {one.identifier} keeps more than {size(most)} of WAL, 10 % of its storage. Drop the slot if "
            "nothing reads it any more, or repair its reader before the disk is full.",
        )
