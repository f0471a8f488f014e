"""EFS: actions and ARNs have another name than botocore's."""

from __future__ import annotations

from rehearsal.declarations import Service

SERVICE = Service("efs", action_prefix="elasticfilesystem")
