# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How clients log in to a group, and which value of which secret is in force. Pure functions.

Forms of a login: ``{"secret_arn": arn, "version": id, "previous": "accept" | "refuse"}`` for a token or a password,
``{"user_group_id": id}`` for a group with users, and ``{"open": True}`` for one that lets everybody in. AWS shows neither a token nor a
password, so a tag of the group or user names the secret, its version, and whether the value before it is still accepted: a secret with a
later version is drift, so an interrupted rotation is completed by the next run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ....aws.owner import TAG_PREFIX
from ..settings.access import ACCEPT, REFUSE

MARK = f"{TAG_PREFIX}credentials"
"""The tag that says which value is in force."""
FIRST = "first"
"""Its value while a group gets its first token: until that has been set, a client without a token is let in, too."""

LENGTHS = range(16, 129)
"""Characters in a token or a password (ElastiCache User Guide, "Authenticating with the AUTH command")."""
SPECIAL = frozenset("!&#$^<>-")
"""The characters beside letters and digits that a token may have."""

Login = Mapping[str, Any]


def mark_of(login: Login) -> str:
    """The tag's value for a token or password."""
    secret = str(login["secret_arn"]).rpartition(":secret:")[2]
    return f"{secret} {login.get('version') or ''} {login.get('previous') or REFUSE}"


def marked(arn: str, service: str, mark: str) -> dict[str, Any] | None:
    """The login that a tag describes; None if it describes none. ``arn``: of the marked resource of ``service``."""
    parts = mark.split(" ")
    if len(parts) != 3:
        return None
    prefix = ":".join(arn.replace(f":{service}:", ":secretsmanager:").split(":")[:5])
    return {"secret_arn": f"{prefix}:secret:{parts[0]}", "version": parts[1], "previous": parts[2]}


def kept(desired: Login | None, observed: Login | None) -> Login | None:
    """The login that there should be. A value before the present one that is no longer accepted stays so."""
    if not desired or not observed or "secret_arn" not in desired or "secret_arn" not in observed:
        return desired
    same = all(desired.get(name) == observed.get(name) for name in ("secret_arn", "version"))
    return observed if same and observed.get("previous") == REFUSE and desired.get("previous") == ACCEPT else desired


def same_value(wanted: Login, present: Login | None) -> bool:
    """Whether the secret's version that is wanted is in force already."""
    return bool(present) and all(wanted.get(name) == (present or {}).get(name) for name in ("secret_arn", "version"))


def value_in(text: str) -> str:
    """The token or password in a secret's value: the member ``password`` or ``token`` of a JSON object, or the whole text."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return str(value.get("password") or value.get("token") or "") if isinstance(value, Mapping) else text


def value_problem(value: str) -> str:
    """Why AWS would refuse a value, without showing any of it; empty if it would not."""
    if len(value) not in LENGTHS:
        return f"it has {len(value)} characters, and ElastiCache takes {LENGTHS.start} to {LENGTHS.stop - 1}"
    if not all((one.isascii() and one.isalnum()) or one in SPECIAL for one in value):
        return f"it has a character that ElastiCache does not take: only letters, digits, and {' '.join(sorted(SPECIAL))}"
    return ""
