"""Application, network and gateway load balancers: actions and ARNs have another name than botocore's."""

from __future__ import annotations

from rehearsal.declarations import Service

SERVICE = Service("elbv2", action_prefix="elasticloadbalancing")
