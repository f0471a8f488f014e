"""Checks that creating, modifying, replicating, and restoring DB instances share. Each raises AWS's error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rehearsal import windows
from rehearsal.extensions.kms_access import KeyUnusable, key_arn_for
from rehearsal.extensions.policies import allows_service, usable_roles
from rehearsal.extensions.rds_versions import Version
from rehearsal.query_api import contradictory, invalid
from rehearsal.registry import Call
from rehearsal.replies import Refusal

RESERVED_USERS = frozenset(
    {
        *("admin", "rdsadmin", "rds_superuser", "rds_replication", "rds_password", "rds_iam", "rds_ad", "rds_reserved", "rdsrepladmin"),
        *("rdstopmgr", "rdswriteforwarduser", "public", "none", "session_user", "current_user", "current_role", "user"),
    }
)
RESERVED_DATABASES = frozenset({"template0", "template1", "rdsadmin", "db", "rds"})
_USER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
_DATABASE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
PASSWORD = (8, 128)
INTERVALS = (0, 1, 5, 10, 15, 30, 60)
MONTH_DAYS, LONGEST_DAYS = 31, 731
ADVANCED_DAYS = 465
"""Database Insights' advanced mode needs 15 months of Performance Insights data."""
MONITORING = "monitoring.rds.amazonaws.com"
PORTS = (1150, 65535)
LIFECYCLES = ("open-source-rds-extended-support", "open-source-rds-extended-support-disabled")
AUTHENTICATIONS = ("password", "iam-db-auth")
SHORTEST = 30
"""The length of a window, in minutes."""


def check_user(name: Any) -> str:
    text = str(name or "")
    if not text:
        raise invalid("The parameter MasterUsername must be provided and must not be blank.")
    if text.lower() in RESERVED_USERS or text.lower().startswith("pg_"):
        raise invalid(f"MasterUsername {text} cannot be used as it is a reserved word used by the engine")
    if not _USER.fullmatch(text):
        raise invalid(
            "The parameter MasterUsername is not valid: it must begin with a letter, and have only letters, digits, and underscores"
        )
    return text


def check_password(password: Any) -> str:
    text = str(password)
    if not PASSWORD[0] <= len(text) <= PASSWORD[1]:
        reason = f"it is {'shorter than' if len(text) < PASSWORD[0] else 'longer than'} {PASSWORD[len(text) >= PASSWORD[0]]} characters"
        raise invalid(f"The parameter MasterUserPassword is not a valid password because {reason}.")
    if any(sign in '/"@ ' or not 33 <= ord(sign) <= 126 for sign in text):
        raise invalid(
            "The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides '/', '@', '\"', ' ' may be"
            " used."
        )
    return text


def check_database(name: Any) -> None:
    text = str(name)
    if text.lower() in RESERVED_DATABASES:
        raise invalid(f"DBName {text} cannot be used. It is a reserved word for this engine")
    if not _DATABASE.fullmatch(text):
        raise invalid(f"DBName must begin with a letter and contain only alphanumeric characters and underscores, not {text}")


def check_authentication(given: Mapping[str, Any], iam_enabled: bool) -> None:
    """The master logs in with a password of the caller's, with one that RDS manages, or with IAM: only one of them."""
    kind = given.get("MasterUserAuthenticationType")
    managed = given.get("ManageMasterUserPassword")
    if kind not in (None, *AUTHENTICATIONS):
        raise invalid(f"Invalid MasterUserAuthenticationType: {kind}. Valid values are {' and '.join(AUTHENTICATIONS)}")
    if managed and given.get("MasterUserPassword") is not None:
        raise contradictory("You can't specify MasterUserPassword when ManageMasterUserPassword is true.")
    if given.get("MasterUserSecretKmsKeyId") and not managed and not given.get("RotateMasterUserPassword"):
        raise contradictory("You can specify MasterUserSecretKmsKeyId only when ManageMasterUserPassword is true.")
    if kind == "iam-db-auth":
        if managed or given.get("MasterUserPassword") is not None:
            raise contradictory("You can't specify a master user password when MasterUserAuthenticationType is iam-db-auth.")
        if not iam_enabled:
            raise contradictory("MasterUserAuthenticationType iam-db-auth requires that IAM database authentication is enabled.")


def check_monitoring(call: Call, interval: int, role: Any) -> None:
    if interval not in INTERVALS:
        raise invalid(f"Invalid MonitoringInterval: {interval}. Valid values are {', '.join(map(str, INTERVALS))}")
    if interval and not role:
        raise contradictory("A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0.")
    if role and not interval:
        raise contradictory("You must specify a MonitoringInterval value other than 0 when you specify a MonitoringRoleARN value.")
    found = next((one for one in usable_roles(call) if one.arn == role), None) if role else None
    if role and (found is None or not allows_service(found.assume_role_policy_document, MONITORING)):
        raise invalid(f"IAM role ARN value is invalid or does not include the required permissions for: ENHANCED_MONITORING ({role})")


def check_insights(mode: Any, enabled: bool, days: int | None) -> None:
    """Performance Insights keeps 7 days, a number of months, or two years; Database Insights' advanced mode needs at least 465 days."""
    if mode not in (None, "standard", "advanced"):
        raise invalid(f"Invalid DatabaseInsightsMode: {mode}. Valid values are standard and advanced")
    if days is not None and not enabled:
        raise contradictory("You can specify PerformanceInsightsRetentionPeriod only when Performance Insights is enabled.")
    if days is not None and days not in (7, LONGEST_DAYS) and not (days % MONTH_DAYS == 0 and MONTH_DAYS <= days <= 23 * MONTH_DAYS):
        raise invalid(f"Invalid Performance Insights retention period: {days}. Valid values are 7, a multiple of 31 up to 713, and 731")
    if mode == "advanced" and (not enabled or (days or 7) < ADVANCED_DAYS):
        raise contradictory(
            "To enable the Advanced mode of Database Insights, Performance Insights must be enabled, with a retention period of at least"
            f" {ADVANCED_DAYS} days."
        )


def check_retention(days: Any) -> None:
    if not 0 <= int(days) <= 35:
        raise invalid(f"Invalid backup retention period: {days}. Must be between 0 and 35.")


def check_windows(backup: Any, maintenance: Any) -> None:
    """Each window has at least 30 minutes, and the daily backup window does not overlap the weekly maintenance window."""
    windows.check("PreferredBackupWindow", backup, maintenance, SHORTEST)


UNUSABLE = "does not exist, is not enabled or you do not have permissions to access it"


def key_arn(call: Call, identity: Any) -> str:
    """The ARN of the key with this ID, ARN, or alias. It must be enabled, symmetric, in the region of the call, and admit the caller."""
    try:
        return key_arn_for(call, identity, "rds")
    except KeyUnusable as error:
        reason = f"is not in the region {call.region}" if error.reason == "region" else UNUSABLE
        raise Refusal("KMSKeyNotAccessibleFault", f"The specified KMS key [{identity}] {reason}.") from error


def check_logs(version: Version, types: Any) -> None:
    for name in types or []:
        if name not in version.log_types:
            text = f"You cannot use the log types '{name}' with engine version postgres {version.text}."
            raise contradictory(f"{text} For supported log types, see the documentation.")


def check_port(port: Any) -> None:
    if port is not None and not PORTS[0] <= int(port) <= PORTS[1]:
        raise invalid(f"Invalid database port number: {port}. It must be between {PORTS[0]} and {PORTS[1]}")


def check_lifecycle(value: Any) -> None:
    if value not in (None, *LIFECYCLES):
        raise invalid(f"Invalid EngineLifecycleSupport: {value}. Valid values are {' and '.join(LIFECYCLES)}")
