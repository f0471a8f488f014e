"""The faults, F1 to F11: what is done to one chosen call, and what must hold afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal import visibility

ANY = "*"
"""Stands for an operation where a fault is about a whole run."""

CREATES = frozenset(f"{service}:{operation}" for service, operation in visibility.CREATES)
"""Operations whose result the cloud can keep from its lists for a while."""


@dataclass(frozen=True)
class Fault:
    """One fault.

    action: what the proxy does to the call, see proxy.ACTIONS. error: what the cloud answers instead, by its administrative API.
    settings: of the cloud, for the run. Each of the three may be absent. variables: of the inventory, where a fault needs others.
    same_run: whether the run itself must come to a good end; else one more run may be needed.
    operations: those that it can happen to; None for every one.
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

    @property
    def number(self) -> str:
        return self.name.split()[0]

    @property
    def kills(self) -> bool:
        return self.action.startswith("hold")

    def concerns(self, operation: str) -> bool:
        return self.operations is None or operation in self.operations


def error(code: str, status: int, message: str = "A fault.") -> dict[str, Any]:
    return {"code": code, "status": status, "message": message}


LAG = {"visibility_seconds": 1.0}
SPREADING = {"propagation_seconds": 10.0}
AS_BY_DEFAULT = {"platform_settle_seconds": 30.0}
"""Refusals are borne for as long as reads may lag, so the short time that the other faults are given would be too short here."""
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
)


def concerned(fault: Fault, operation: str) -> bool:
    """Whether a fault can be tried on an operation; whole-run faults on ANY alone."""
    whole_run = fault.operations is not None and ANY in fault.operations
    return whole_run if operation == ANY else (not whole_run and fault.concerns(operation))
