"""Step Functions: actions and ARNs use a different prefix than botocore's name."""

from __future__ import annotations

from rehearsal.declarations import Service

SERVICE = Service("stepfunctions", action_prefix="states")
