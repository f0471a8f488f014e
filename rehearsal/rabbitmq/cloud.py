"""The management APIs of the cloud's process; described as {ARN of the broker: URL}."""

from __future__ import annotations

from rehearsal.server_cloud import ServerCloud
from rehearsal.server_kinds import BROKERS

current = ServerCloud(BROKERS, "rehearsal.rabbitmq.fleet", "brokers")
