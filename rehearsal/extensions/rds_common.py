"""Shared code of the RDS files: lookups, pages, filters, the cloud's clock, and errors."""

from __future__ import annotations

from typing import Any

from rehearsal.registry import Call, backend
from rehearsal.replies import Refusal

ENGINE = "postgres"


def wrong_state(text: str) -> Refusal:
    return Refusal("InvalidDBInstanceState", text)


def find_instance(call: Call, identity: Any) -> Any:
    """The instance with this identifier or ARN, or None. An ARN may name another region."""
    text = str(identity or "")
    if text.startswith("arn:"):
        parts = text.split(":")
        if len(parts) != 7 or parts[5] != "db":
            return None
        return backend("rds", parts[4], parts[3]).databases.get(parts[6])
    return call.backend.databases.get(text)


def instance_of(call: Call, name: str = "DBInstanceIdentifier") -> Any:
    """The instance that a call names."""
    found = find_instance(call, call.get(name))
    if found is None:
        raise Refusal("DBInstanceNotFound", f"DBInstance {str(call.get(name)).lower()} not found.", 404)
    return found
