"""The parameters of cache parameter groups: an extract of what DescribeEngineDefaultParameters returns for Redis OSS and Valkey.

One line per parameter: name, default, data type, allowed values, and the first version that has it. A name that begins with "!" cannot be
modified; the change of one that ends with "*" waits for a reboot.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

_LINES = """
acl-pubsub-default|allchannels|string|allchannels,resetchannels|7.0.0
acllog-max-len|128|integer|1-10000|6.0.0
activedefrag|no|string|yes,no|5.0.0
active-defrag-cycle-max|75|integer|1-99|4.0.9
active-defrag-cycle-min|5|integer|1-99|4.0.9
active-defrag-ignore-bytes|104857600|integer|1048576-|4.0.9
active-defrag-threshold-lower|10|integer|1-100|4.0.9
active-defrag-threshold-upper|100|integer|1-100|4.0.9
activerehashing*|yes|string|yes,no|2.6.13
!appendonly|no|string|yes,no|2.6.13
!appendfsync|everysec|string|always,everysec,no|2.6.13
client-output-buffer-limit-normal-hard-limit|0|integer|0-|2.6.13
client-output-buffer-limit-normal-soft-limit|0|integer|0-|2.6.13
client-output-buffer-limit-normal-soft-seconds|0|integer|0-|2.6.13
client-output-buffer-limit-pubsub-hard-limit|33554432|integer|0-|2.6.13
client-output-buffer-limit-pubsub-soft-limit|8388608|integer|0-|2.6.13
client-output-buffer-limit-pubsub-soft-seconds|60|integer|0-|2.6.13
close-on-replica-write|yes|string|yes,no|4.0.10
cluster-allow-pubsubshard-when-down|yes|string|yes,no|7.0.0
cluster-allow-reads-when-down|no|string|yes,no|6.0.0
!cluster-enabled*|no|string|yes,no|3.2.4
cluster-require-full-coverage|no|string|yes,no|3.2.4
databases*|16|integer|1-1200000|2.6.13
hash-max-listpack-entries|512|integer|0-|7.0.0
hash-max-listpack-value|64|integer|0-|7.0.0
hash-max-ziplist-entries|512|integer|0-|2.6.13
hash-max-ziplist-value|64|integer|0-|2.6.13
hll-sparse-max-bytes|3000|integer|1-16000|2.8.6
latency-tracking|no|string|yes,no|7.0.0
lazyfree-lazy-eviction|no|string|yes,no|4.0.10
lazyfree-lazy-expire|no|string|yes,no|4.0.10
lazyfree-lazy-server-del|no|string|yes,no|4.0.10
lazyfree-lazy-user-del|no|string|yes,no|6.0.0
lfu-decay-time|1|integer|0-|4.0.10
lfu-log-factor|10|integer|1-|4.0.10
list-compress-depth|0|integer|0-|3.2.4
list-max-listpack-size|-2|integer|-5-|7.0.0
list-max-ziplist-size|-2|integer|-5-|3.2.4
!maxclients|65000|integer|1-65000|2.6.13
maxmemory-clients|0|string||7.0.0
maxmemory-policy|volatile-lru|string|volatile-lru,allkeys-lru,volatile-lfu,allkeys-lfu,volatile-random,allkeys-random,volatile-ttl,noeviction|2.6.13
maxmemory-samples|3|integer|1-|2.6.13
min-replicas-max-lag|10|integer|0-|5.0.0
min-replicas-to-write|0|integer|0-|5.0.0
notify-keyspace-events||string|MASK|2.8.6
proto-max-bulk-len|536870912|integer|1048576-|5.0.0
rename-commands||string||5.0.3
repl-backlog-size|1048576|integer|16384-|2.6.13
repl-backlog-ttl|3600|integer|0-|2.6.13
repl-timeout|60|integer|11-60|2.8.21
replica-allow-chaining|no|string|yes,no|5.0.0
replica-ignore-maxmemory|yes|string|yes,no|5.0.0
replica-lazy-flush|no|string|yes,no|5.0.0
reserved-memory-percent|25|integer|0-100|2.6.13
set-max-intset-entries|512|integer|0-|2.6.13
set-max-listpack-entries|128|integer|0-|7.2.0
slowlog-log-slower-than|10000|integer|-1-|2.6.13
slowlog-max-len|128|integer|0-|2.6.13
stream-node-max-bytes|4096|integer|0-|5.0.0
stream-node-max-entries|100|integer|0-|5.0.0
tcp-keepalive|300|integer|0-|2.6.13
timeout|0|integer|0,20-|2.6.13
tracking-table-max-keys|1000000|integer|1-100000000|6.0.0
zset-max-listpack-entries|128|integer|0-|7.0.0
zset-max-listpack-value|64|integer|0-|7.0.0
zset-max-ziplist-entries|128|integer|0-|2.6.13
zset-max-ziplist-value|64|integer|0-|2.6.13
"""
_MASK = re.compile(r"[KEg$lshzxetdmnA]*")
_NEWEST = {
    "redis4.0": (4, 0, 10),
    "redis5.0": (5, 0, 6),
    "redis6.x": (6, 2, 6),
    "redis7": (7, 1, 0),
    "valkey7": (7, 2, 6),
    "valkey8": (8, 2, 0),
    "valkey9": (9, 0, 0),
}


@dataclass(frozen=True)
class Parameter:
    name: str
    default: str
    data_type: str
    allowed: str
    since: str
    modifiable: bool
    needs_reboot: bool

    def problem(self, value: str) -> str | None:
        """Why the parameter cannot have this value; None if it can."""
        if not self._fits(value):
            return f"The value {value} is not valid for the parameter {self.name}. Allowed values: {self.allowed}"
        return None

    def _fits(self, value: str) -> bool:
        if self.data_type == "integer":
            return bool(re.fullmatch(r"-?\d+", value)) and any(_within(int(value), part) for part in self.allowed.split(","))
        if self.allowed == "MASK":
            return _MASK.fullmatch(value) is not None
        return not self.allowed or value in self.allowed.split(",")


def _within(number: int, part: str) -> bool:
    """Whether a number is in a range such as 1-100, -1- (no upper end), or 0 (itself)."""
    found = re.fullmatch(r"(-?\d+)(-(\d*))?", part)
    if found is None:
        return False
    low, high = int(found[1]), found[3]
    return number == low if found[2] is None else number >= low and (not high or number <= int(high))


@cache
def parameters(family: str) -> dict[str, Parameter]:
    """The parameters of a family by name."""
    found = {}
    for line in _LINES.strip().splitlines():
        name, default, data_type, allowed, since = line.split("|")
        if tuple(int(part) for part in since.split(".")) <= _NEWEST[family]:
            plain = name.strip("!*")
            found[plain] = Parameter(plain, default, data_type, allowed, since, not name.startswith("!"), name.endswith("*"))
    return found
