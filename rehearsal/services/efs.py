"""EFS: actions and ARNs use a different prefix than botocore's name."""

from __future__ import annotations

from rehearsal.declarations import Service

SERVICE = Service("efs", action_prefix="elasticfilesystem")
