# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who may use a cache: users with rights of their own, or one token that all clients share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ....inputs.reader import Reader
from ....inputs.values import ARN

USERS, TOKEN, NONE = "users", "token", "none"
FORMS = (USERS, TOKEN, NONE)
PASSWORD, IAM = "password", "iam"
ACCEPT, REFUSE = "accept", "refuse"
MARKER = re.compile(r"[A-Za-z0-9._:+=@-]{1,64}")
DEFAULT_USER = "default"
RULES = re.compile(r"(?:on|off)(?:\s+\S+)+")
TOO_MUCH = re.compile(r"\bnopass\b|[<>#!]\S+")


@dataclass(frozen=True)
class Credential:
    """A generated password or token. Another ``rotation`` generates another one; ``previous``: whether the one before is still accepted."""

    rotation: str = ""
    previous: str = ACCEPT


@dataclass(frozen=True)
class User:
    """``access``: what the user may do, in the syntax of access control lists."""

    name: str
    access: str
    login: str = PASSWORD
    credential: Credential = field(default_factory=Credential)


@dataclass(frozen=True)
class Access:
    """``secret_arn``: of a secret that others keep, whose value is the token; empty if this component generates one."""

    form: str = TOKEN
    users: Mapping[str, User] = field(default_factory=dict)
    token: Credential = field(default_factory=Credential)
    secret_arn: str = ""


def read_access(reader: Reader) -> Access:
    has_users = bool(reader.given.get("users"))
    form = reader.choice("auth", FORMS, USERS if has_users else TOKEN)
    users = {name: read_user(name, one) for name, one in reader.section("users").named("the name of a user", 20)}
    section = reader.section("token")
    access = Access(form, users, read_credential(section), read_secret(section))
    section.finish()
    check_form(reader, access)
    return access


def check_form(reader: Reader, access: Access) -> None:
    if access.form != USERS and access.users:
        reader.problems.add(reader.at("auth"), access.form, "users are described, which need auth: users; remove one of the two")
    if access.form == USERS and not access.users:
        reader.problems.missing(reader.at("users"), "auth is users, so describe at least one; without any, nobody could log in")
    if access.form != TOKEN and reader.given.get("token"):
        reader.problems.add(reader.at("auth"), access.form, "token is described, which needs auth: token; remove one of the two")


def read_user(name: str, reader: Reader) -> User:
    if name == DEFAULT_USER:
        remedy = "every group has a disabled user of this name already, so that nobody gets in without a login; choose another name"
        reader.problems.add(reader.path, name, remedy)
    login = reader.choice("login", (PASSWORD, IAM), PASSWORD)
    user = User(name, read_rules(reader), login, read_credential(reader) if login == PASSWORD else Credential())
    reader.finish()
    return user


def read_rules(reader: Reader) -> str:
    value = " ".join(reader.required_text("access", 'say what it may do, such as "on ~app:* +@all -@dangerous"').split())
    if value and not RULES.fullmatch(value):
        reader.problems.add(reader.at("access"), value, 'it must begin with on or off, and go on with rules such as "~app:* +@all"')
    elif TOO_MUCH.search(value):
        reader.problems.add(reader.at("access"), value, "it must have no passwords and no nopass; set login, and the password is generated")
    return value


def read_credential(reader: Reader) -> Credential:
    rotation = reader.text("rotation", "")
    if rotation and not MARKER.fullmatch(rotation):
        remedy = "it must be a marker of up to 64 letters, digits, and . _ : + = @ -, such as a date; a new one generates a new value"
        reader.problems.add(reader.at("rotation"), rotation, remedy)
    return Credential(rotation, reader.choice("previous", (ACCEPT, REFUSE), ACCEPT))


def read_secret(reader: Reader) -> str:
    value = reader.take("secret_arn")
    if value is None:
        return ""
    if not isinstance(value, str) or not ARN.fullmatch(value) or ":secretsmanager:" not in value:
        reader.problems.add(reader.at("secret_arn"), value, "it must be the ARN of a secret in Secrets Manager")
    elif reader.given.get("rotation"):
        reader.problems.add(reader.at("rotation"), reader.given["rotation"], "the secret is kept by others, who also rotate it; remove one")
    else:
        return value
    return ""
