# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What classes of instances tell about thresholds: sizes, and CPU credits of those that burst. Pure functions.

Sources: Amazon EC2 User Guide, "Key concepts for burstable performance instances"; RDS User Guide, "Maximum number of database
connections".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

EARNED_PER_HOUR: Mapping[str, Mapping[str, float]] = {
    "t2": {"nano": 3, "micro": 6, "small": 12, "medium": 24, "large": 36, "xlarge": 54, "2xlarge": 81.6},
    "t3": {"nano": 6, "micro": 12, "small": 24, "medium": 24, "large": 36, "xlarge": 96, "2xlarge": 192},
}
"""Family -> size -> CPU credits earned in an hour. t3a and t4g earn what t3 does."""

LIKE_T3 = ("t3", "t3a", "t4g")
SMALL_BROKERS = {"micro": (500, 500), "medium": (100, 300)}
"""Size of a broker below large -> the connections of a node of RabbitMQ 4, and of RabbitMQ 3."""
MEMORY_PER_CONNECTION = 9_531_392
MOST_CONNECTIONS = 5_000
"""RDS for PostgreSQL: LEAST(DBInstanceClassMemory / 9531392, 5000)."""
FOR_THE_DATABASE = 0.9
"""DBInstanceClassMemory is what the operating system and RDS leave of the class's memory: about nine tenths of it."""


def instance_type(name: str) -> str:
    """The EC2 instance type behind a class of RDS, ElastiCache, Amazon MQ, or MSK: "db.t4g.medium" -> "t4g.medium".

    DescribeInstanceTypes knows the memory of most of them. Classes with more after the size (db.r5.2xlarge.tpc1.mem2x) have no such type.
    """
    for prefix in ("db.", "cache.", "mq.", "kafka."):
        name = name.removeprefix(prefix)
    return name


def credits_per_hour(name: str) -> float:
    """The CPU credits that a class earns in an hour; 0 if it does not burst. A credit is a minute of one processor."""
    family, size = instance_type(name).split(".", 1) if "." in name else ("", "")
    return EARNED_PER_HOUR["t3" if family in LIKE_T3 else family].get(size, 0) if family in (*LIKE_T3, "t2") else 0


def broker_connections(instance_type: str, version: str) -> int:
    """How many connections each node of a broker accepts; 0 if its type is not known.

    RabbitMQ 4 has defaults that its configuration may raise, RabbitMQ 3 the highest value (Amazon MQ Developer Guide, "Default resource
    limits" and "Maximum resource limits").
    """
    old, size = version.startswith("3."), instance_type.rpartition(".")[2]
    if size in SMALL_BROKERS:
        return SMALL_BROKERS[size][old]
    large = 1 if size == "large" else 2 * int(size.removesuffix("xlarge") or 1) if re.fullmatch(r"\d*xlarge", size) else 0
    return large * (5_000 if old else 1_500)


def default_connections(memory_bytes: int) -> int:
    """How many connections RDS for PostgreSQL allows if the parameter group does not say."""
    return min(int(memory_bytes * FOR_THE_DATABASE) // MEMORY_PER_CONNECTION, MOST_CONNECTIONS)


def size(number: float) -> str:
    """Bytes for people: "800 MiB", "3.2 GiB"."""
    for unit, factor in (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20)):
        if number >= factor:
            return f"{number / factor:.1f}".removesuffix(".0") + f" {unit}"
    return f"{number:.0f} bytes"
