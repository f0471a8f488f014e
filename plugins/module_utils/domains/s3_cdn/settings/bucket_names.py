# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The rules for names of buckets (Amazon S3 User Guide, "General purpose bucket naming rules")."""

from __future__ import annotations

import re

LONGEST, SHORTEST = 63, 3
NAME = re.compile(r"[a-z0-9][a-z0-9-]*[a-z0-9]")
ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
ACCOUNT_SUFFIX = "-an"
"""The end of names in an account's regional namespace: ``<name>-<account>-<region>-an``."""


def name_problem(name: str) -> str:
    """Why S3 or this role refuses a name; empty if they accept it. Completes "<path> is <name>, but ..."."""
    if name != name.lower():
        return f"names of buckets have no upper case; {name.lower()} would be valid"
    if "_" in name:
        return f"names of buckets have no underscores; {name.replace('_', '-')} would be valid"
    if "." in name:
        return "a name with dots does not work with TLS, because S3's certificate covers one label; use hyphens"
    if not SHORTEST <= len(name) <= LONGEST:
        return f"it has {len(name)} characters, and S3 accepts {SHORTEST} to {LONGEST}; set a shorter name"
    if not NAME.fullmatch(name) or ADDRESS.fullmatch(name):
        return "S3 accepts lower-case letters, digits and hyphens, beginning and ending with a letter or a digit"
    if found := next((one for one in PREFIXES if name.startswith(one)), ""):
        return f"S3 reserves names that begin with {found}"
    if found := next((one for one in SUFFIXES if name.endswith(one)), ""):
        return f"S3 reserves names that end with {found}"
    return ""


def account_suffix(account_id: str, region: str) -> str:
    return f"-{account_id}-{region}{ACCOUNT_SUFFIX}"


def default_name(environment: str, component: str, name: str) -> str:
    """Names of environments and components may contain underscores, which names of buckets may not."""
    return f"{environment}-{component}-{name}".replace("_", "-")
