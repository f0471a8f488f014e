"""Application, Network, and Gateway Load Balancers: actions and ARNs use a different prefix than botocore's name."""

from __future__ import annotations

from rehearsal.declarations import Service

SERVICE = Service("elbv2", action_prefix="elasticloadbalancing")
