"""S3 Control: what concerns an account's buckets together, and the tags of buckets."""

from __future__ import annotations

from rehearsal.declarations import Service

SERVICE = Service("s3control", action_prefix="s3")
