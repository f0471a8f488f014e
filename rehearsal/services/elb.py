"""Classic Load Balancers: actions and ARNs use a different prefix than botocore's name."""

from __future__ import annotations

from rehearsal.declarations import Service

SERVICE = Service("elb", action_prefix="elasticloadbalancing")
