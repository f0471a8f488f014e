"""The faults, F1 to F15: what each does to one selected call, and what must hold afterward."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal import visibility

ANY = "*"
"""In place of an operation, for a fault that affects a whole run."""

CREATES = frozenset(f"{service}:{operation}" for service, operation in visibility.CREATES)
"""Operations whose results the cloud can temporarily omit from its lists."""


@dataclass(frozen=True)
class Fault:
    """One fault.

    action: what the proxy does to the call, see proxy.ACTIONS. error: what the cloud returns instead, through its administrative API.
    settings: of the cloud, for the run. Each of the three may be absent. variables: of the inventory, if a fault needs different ones.
    same_run: whether the run itself must succeed; if not, one more run may be needed.
    operations: those that it applies to; None for all. reads: whether it applies to list calls instead of changes.
    limits: the run's resource limits, by the names of setrlimit.
    """

    name: str
    action: str = ""
    error: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    times: int = 1
    same_run: bool = False
    operations: frozenset[str] | None = None
    needs_body: bool = False
    reads: bool = False
    limits: Mapping[str, int] = field(default_factory=dict)

    @property
    def number(self) -> str:
        return self.name.split()[0]

    @property
    def kills(self) -> bool:
        return self.action.startswith("hold")

    @property
    def stops(self) -> bool:
        """Whether the process is stopped at the call and resumes after another run has taken its lock."""
        return self.action.startswith("stop")

    def concerns(self, operation: str) -> bool:
        return self.operations is None or operation in self.operations


LISTS = frozenset(
    {
        *(f"ec2:Describe{what}" for what in ("Vpcs", "Subnets", "InternetGateways", "Addresses", "NatGateways", "RouteTables")),
        *(f"ec2:Describe{what}" for what in ("NetworkAcls", "SecurityGroups", "VpcEndpoints", "FlowLogs")),
        *("iam:ListRoles", "kms:ListAliases", "logs:DescribeLogGroups", "ssm:GetParametersByPath", "sts:GetCallerIdentity"),
    }
)
"""Calls by which a run discovers existing resources."""


def error(code: str, status: int, message: str = "A fault.") -> dict[str, Any]:
    return {"code": code, "status": status, "message": message}


LAG = {"visibility_seconds": 1.0}
SPREADING = {"propagation_seconds": 10.0}
AS_BY_DEFAULT = {"platform_settle_seconds": 30.0}
"""Refusals are tolerated for as long as reads may lag, so the short limit used for the other faults would be too short here."""
LONG_LAG, LONGER = {"visibility_seconds": 8.0}, {"platform_settle_seconds": 10.0}
"""The second run begins within seconds of the kill, when the cloud's lists do not yet show what the first one created."""
LOCK_WAIT = {"platform_lock_wait": 300}
"""A stopped process's lock expires after two minutes without renewal."""
STOPPED_AT = frozenset({"ec2:CreateSubnet", "ec2:CreateRouteTable", "ec2:DeleteSubnet"})
"""Operations that run in parallel, so that several calls are about to be sent."""
NOT_YET_THERE = error("InvalidParameterValue", 400, "The service-linked role is not yet propagated")

FAULTS = (
    Fault("F1 killed just before", action="hold_before"),
    Fault("F2 reply lost", action="reset_after"),
    Fault("F3 killed just after", action="hold_after"),
    Fault("F4 ThrottlingException x3", error=error("ThrottlingException", 400), times=3, same_run=True),
    Fault("F4 Throttling x3", error=error("Throttling", 400), times=3, same_run=True),
    Fault("F4 RequestLimitExceeded x3", error=error("RequestLimitExceeded", 503), times=3, same_run=True),
    Fault("F4 TooManyRequestsException x3", error=error("TooManyRequestsException", 429), times=3, same_run=True),
    Fault("F4 SlowDown x3", error=error("SlowDown", 503), times=3, same_run=True),
    Fault("F5 connection reset x3", action="reset_before", times=3, same_run=True),
    Fault("F6 503 x5", error=error("ServiceUnavailable", 503), times=5, same_run=True),
    Fault("F6 500 x2", error=error("InternalError", 500), times=2, same_run=True),
    Fault("F7 no answer for 65 s, not done", action="hang_before"),
    Fault("F7 no answer for 65 s, done", action="hang_after"),
    Fault("F8 lists lag by 1 s", settings=LAG, same_run=True, operations=frozenset({ANY})),
    Fault("F8 lists lag by 1 s, reply lost", settings=LAG, action="reset_after", operations=CREATES),
    Fault(
        "F9 new role refused for 10 s",
        settings=SPREADING,
        variables=AS_BY_DEFAULT,
        same_run=True,
        operations=frozenset({"ec2:CreateFlowLogs"}),
    ),
    Fault(
        "F10 first use of a service-linked role x2",
        error=NOT_YET_THERE,
        times=2,
        same_run=True,
        operations=frozenset({"ec2:CreateNatGateway", "ec2:CreateVpcEndpoint"}),
    ),
    Fault("F11 reply breaks off", action="cut"),
    Fault("F11 reply of half the length", action="shorten", needs_body=True),
    Fault("F12 page with status 200, not done", action="page_before"),
    Fault("F12 page with status 200, done", action="page_after"),
    Fault("F12 page in place of a list x3", action="page_before", times=3, same_run=True, reads=True),
    Fault("F13 killed just after, lists lag by 8 s", settings=LONG_LAG, variables=LONGER, action="hold_after", operations=CREATES),
    Fault("F14 stopped until another run took its lock", action="stop_before", variables=LOCK_WAIT, operations=STOPPED_AT),
    Fault("F15 no more than 40 files", limits={"RLIMIT_NOFILE": 40}, operations=frozenset({ANY})),
    Fault("F15 no more than 60 files", limits={"RLIMIT_NOFILE": 60}, operations=frozenset({ANY})),
    Fault("F15 no more than 600 MB of memory", limits={"RLIMIT_AS": 600 << 20}, operations=frozenset({ANY})),
    Fault("F15 no more than 1100 MB of memory", limits={"RLIMIT_AS": 1100 << 20}, operations=frozenset({ANY})),
    Fault("F15 no file larger than 100 kB", limits={"RLIMIT_FSIZE": 100_000}, operations=frozenset({ANY})),
)


def concerned(fault: Fault, operation: str) -> bool:
    """Whether a fault applies to an operation: whole-run faults only to ANY, list faults only to list calls."""
    if fault.reads or operation in LISTS:
        return fault.reads and operation in LISTS
    whole_run = fault.operations is not None and ANY in fault.operations
    return whole_run if operation == ANY else (not whole_run and fault.concerns(operation))
