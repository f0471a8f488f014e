# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What EKS means by its refusals, failed updates and health issues. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ....reconcile.errors import AlreadyThere, CallFailed, NotYet

TAKEN = re.compile(r"already (exists|in use)", re.IGNORECASE)
"""How EKS says that a name is taken. The same code, ResourceInUseException, also means that another operation is in progress."""

SPREADING = re.compile(
    r"could not be assumed|role.* does not exist|Error in role params|doesn't have the Amazon EKS Managed Policies|"
    r"policy must include|Misconfigured PodExecutionRole Trust Policy|service principals .* were not found|invalid principal",
    re.IGNORECASE,
)
"""How EKS says that it cannot see a role or its policy yet (the Terraform AWS provider retries this as well)."""

EVICTION = (
    "Pods could not be moved to other nodes within 15 minutes, usually because a PodDisruptionBudget forbids it. Make it allow a "
    "disruption, or give the workload more replicas, and run again."
)


def issues(raw: Mapping[str, Any]) -> str:
    """The health issues that EKS reports."""
    reported = (raw.get("health") or {}).get("issues") or []
    return "; ".join(": ".join(str(issue[part]) for part in ("code", "message") if issue.get(part)) for issue in reported)


def refused(error: CallFailed) -> CallFailed:
    """What EKS means by refusing a change, where its error code alone is ambiguous."""
    if error.code == "ResourceInUseException" and TAKEN.search(error.message):
        return AlreadyThere(error.message, error.operation, error.code)
    if error.code in ("InvalidParameterException", "InvalidRequestException") and SPREADING.search(error.message):
        return NotYet(error.message, error.operation, error.code)
    return error


def failed_update(reported: Mapping[str, Any]) -> CallFailed:
    """An update that did not succeed, with all the details that EKS gives."""
    errors = reported.get("errors") or []
    said = [
        f"{error.get('errorCode', 'Unknown')}: {error.get('errorMessage', 'no message')}"
        + (f" ({', '.join(error['resourceIds'])})" if error.get("resourceIds") else "")
        for error in errors
    ]
    codes = [str(error.get("errorCode")) for error in errors]
    update = f"{reported.get('type', 'update')} {reported.get('id', '')}"
    message = f"the {update} ended as {reported['status']}: {'; '.join(said) or 'no reason given'}"
    return CallFailed(message, "", codes[0] if codes else str(reported["status"]), EVICTION if "PodEvictionFailure" in codes else "")
