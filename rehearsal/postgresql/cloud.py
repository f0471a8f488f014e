"""The database servers of the cloud's process; described as {resource ID: {"host", "port", "user", "running"}}."""

from __future__ import annotations

from rehearsal.server_cloud import ServerCloud
from rehearsal.server_kinds import DATABASES

current = ServerCloud(DATABASES, "rehearsal.postgresql.fleet", "instances")
