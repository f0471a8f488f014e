"""Step Functions: actions and ARNs have another name than botocore's."""

from __future__ import annotations

from rehearsal.declarations import Service

SERVICE = Service("stepfunctions", action_prefix="states")
