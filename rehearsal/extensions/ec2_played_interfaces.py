"""Interfaces of simulated instances: in use while attached, and left behind if they leak."""

from __future__ import annotations

import time
from typing import Any

from rehearsal.registry import Call, refuses, settles
from rehearsal.replies import Refusal


@settles("ec2")
def detach_what_has_leaked(call: Call) -> None:
    """The VPC CNI detaches an interface before it deletes it; if the node terminates in between, the interface is left `available`."""
    now = time.monotonic()
    for interface in call.backend.enis.values():
        if interface.__dict__.get("rehearsal_detached_at", now + 1) <= now:
            del interface.rehearsal_detached_at
            interface.instance = interface.attachment_id = interface.attach_time = None
            interface.status = "available"


@refuses("ec2", "DeleteNetworkInterface")
def interface_in_use(call: Call) -> None:
    interface = _interface(call, call.get("NetworkInterfaceId"))
    if interface is None:
        return
    if interface.requester_managed:
        raise Refusal("AuthFailure", "You do not have permission to access the specified resource.")
    if interface.attachment_id:
        raise Refusal("InvalidParameterValue", f"Network interface '{interface.id}' is currently in use.")


@refuses("ec2", "DetachNetworkInterface")
def interface_of_a_played_instance(call: Call) -> None:
    """An instance's primary interface is deleted only with the instance; a leaking one detaches on its own."""
    for interface in call.backend.enis.values():
        if interface.attachment_id == call.get("AttachmentId") and not hasattr(interface.instance, "detach_eni"):
            raise Refusal("OperationNotPermitted", "The network interface of a played instance cannot be detached.")


def _interface(call: Call, identity: str | None) -> Any:
    return call.backend.enis.get(identity)
