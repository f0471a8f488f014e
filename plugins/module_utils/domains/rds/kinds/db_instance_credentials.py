# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How the master user logs in: a password that RDS manages, a password from a secret of ours, or IAM. Pure functions.

Three forms: ``{"managed": {"kms_key_id": arn}}``, ``{"secret_arn": arn, "version": id}``, and ``{"iam": True}``.
DescribeDBInstances shows only the first one. The other two are remembered by a tag of the instance, which names the secret and the version
whose password was set: a secret with a later version is drift, so an interrupted rotation is completed by the next run.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

MARK = "mainstay:master-credentials"
IAM = "iam"
PASSWORD_BYTES = 32
LENGTHS = range(8, 129)
"""Of a password of RDS for PostgreSQL (CreateDBInstance)."""
FORBIDDEN = frozenset('/"@ ')


def mark_of(credentials: Mapping[str, Any] | None) -> str:
    """The tag's value for these credentials; empty if RDS itself shows them."""
    if not credentials or "managed" in credentials:
        return ""
    if credentials.get("iam"):
        return IAM
    secret = str(credentials["secret_arn"]).rpartition(":secret:")[2]
    return f"{secret} {credentials['version']}" if credentials.get("version") else secret


def observed(raw: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any] | None:
    """The credentials that an instance has; None if nothing says so."""
    managed = raw.get("MasterUserSecret") or {}
    if managed:
        return {"managed": {"kms_key_id": managed["KmsKeyId"]} if managed.get("KmsKeyId") else {}}
    mark = tags.get(MARK, "")
    if not mark:
        return None
    if mark == IAM:
        return {"iam": True}
    secret, _space, version = mark.partition(" ")
    prefix = str(raw.get("DBInstanceArn") or "").replace(":rds:", ":secretsmanager:").partition(":db:")[0]
    return {"secret_arn": f"{prefix}:secret:{secret}", **({"version": version} if version else {})}


def kept(desired: Mapping[str, Any] | None, present: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The credentials that an instance should have: what the setting leaves open (a key, a version) stays as it is."""
    if not desired or not present or form_of(desired) != form_of(present):
        return desired
    if "managed" in desired:
        wanted = {name: value for name, value in (desired["managed"] or {}).items() if value is not None}
        return {"managed": {**(present["managed"] or {}), **wanted}}
    if "secret_arn" in desired and desired["secret_arn"] == present["secret_arn"]:
        return {**present, **{name: value for name, value in desired.items() if value is not None}}
    return desired


def form_of(credentials: Mapping[str, Any] | None) -> str:
    """``managed``, ``secret``, ``iam``, or empty."""
    if not credentials:
        return ""
    return "managed" if "managed" in credentials else "iam" if credentials.get("iam") else "secret"


def in_create(credentials: Mapping[str, Any], password: str | None) -> dict[str, Any]:
    """The parameters of CreateDBInstance."""
    form = form_of(credentials)
    if form == "managed":
        key = (credentials["managed"] or {}).get("kms_key_id")
        return {"ManageMasterUserPassword": True, **({"MasterUserSecretKmsKeyId": key} if key else {})}
    return {"MasterUserAuthenticationType": "iam-db-auth"} if form == "iam" else {"MasterUserPassword": password}


def in_modify(present: Mapping[str, Any] | None, wanted: Mapping[str, Any], password: str | None) -> dict[str, Any]:
    """The parameters of ModifyDBInstance.

    RDS cannot change the key of a managed secret, and takes no password together with a login by IAM, while it wants one to stop managing
    it. So a managed secret is switched off first, with a password that is used for nothing; the next call sets what is wanted.
    """
    before, after = form_of(present), form_of(wanted)
    if after == "managed" and before == "managed":
        key = wanted["managed"].get("kms_key_id")
        other = key is not None and key != (present or {})["managed"].get("kms_key_id")
        return no_longer_managed() if other else {}
    if after == "iam" and before == "managed":
        return no_longer_managed()
    params = in_create(wanted, password)
    if before == "managed":
        params["ManageMasterUserPassword"] = False
    if before == "iam" and after != "iam":
        params["MasterUserAuthenticationType"] = "password"
    return params


def no_longer_managed() -> dict[str, Any]:
    """The parameters that switch a managed secret off, with a password that is kept nowhere."""
    return {"ManageMasterUserPassword": False, "MasterUserPassword": unused_password()}


def is_first_of_two(wanted: Mapping[str, Any], params: Mapping[str, Any]) -> bool:
    """Whether a call only switches a managed secret off, so that another call follows."""
    return params.get("ManageMasterUserPassword") is False and form_of(wanted) != "secret"


def unused_password() -> str:
    """A password that nothing keeps."""
    return secrets.token_urlsafe(PASSWORD_BYTES)


def password_in(text: str) -> str:
    """The password in a secret's value: the member ``password`` of a JSON object, or the whole text."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return str(value.get("password") or "") if isinstance(value, Mapping) else text


def password_problem(password: str) -> str:
    """Why RDS would refuse a password, without showing any of it; empty if it would not."""
    if len(password) not in LENGTHS:
        return f"its password has {len(password)} characters, and RDS takes {LENGTHS.start} to {LENGTHS.stop - 1}"
    if not all(" " <= one <= "~" and one not in FORBIDDEN for one in password):
        return 'its password has a character that RDS does not take: only printable ASCII without space, "/", \'"\' and "@"'
    return ""
