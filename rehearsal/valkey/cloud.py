"""The cache servers of the cloud's process; described as {ARN: {"running", "endpoints": {name: "address:port"}}}."""

from __future__ import annotations

from rehearsal.server_cloud import ServerCloud
from rehearsal.server_kinds import CACHES

current = ServerCloud(CACHES, "rehearsal.valkey.fleet", "groups")
