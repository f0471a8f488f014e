"""S3: one service for all regions of a partition, whose buckets each have one."""

from __future__ import annotations

from rehearsal.declarations import Service

SERVICE = Service("s3")
