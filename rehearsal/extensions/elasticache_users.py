"""Users of role-based access control, after "Role-Based Access Control (RBAC)" in the Amazon ElastiCache User Guide.

Every account has the user `default`, who needs no password; it can be neither changed nor deleted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from rehearsal.extensions import elasticache_user_groups
from rehearsal.extensions.elasticache_common import arn, check_quota, given_tags, store
from rehearsal.extensions.elasticache_record import DEFAULT_USER, USER, User, begun, phase
from rehearsal.extensions.elasticache_versions import engine_named
from rehearsal.life import end_script, life_of
from rehearsal.query_api import contradictory, filtered, invalid, page
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

PASSWORD_LENGTH, MOST_PASSWORDS = (16, 128), 2
PASSWORD, NO_PASSWORD, IAM = "password", "no-password", "iam"
MODES = {"password": PASSWORD, "no-password-required": NO_PASSWORD, "iam": IAM}
_ID = re.compile(r"[a-zA-Z][a-zA-Z0-9-]{0,39}")
_ELEMENT = re.compile(r"on|off|all(keys|channels|commands)|nocommands|reset(keys|channels)|(%[RW]{1,2})?~\S*|&\S*|[+-]@?[\w|-]+|[()]")
"""An element of an access string. Passwords and `reset`, which would remove them, are not allowed in it."""


@dataclass(frozen=True)
class Login:
    """How a user logs in."""

    authentication: str
    passwords: tuple[str, ...] = ()


def user_of(call: Call, name: Any) -> User:
    found = store(call).users.get(str(name or "").lower())
    if found is None:
        raise Refusal("UserNotFound", f"User {name} not found.", 404)
    return found


def described(call: Call, user: User, status: str | None = None) -> dict[str, Any]:
    groups = [group.id for group in store(call).user_groups.values() if user.id in group.users]
    count = {"PasswordCount": len(user.passwords)} if user.authentication == PASSWORD else {}
    return {
        "UserId": user.id,
        "UserName": user.name,
        "Status": status or user.status,
        "Engine": user.engine,
        "MinimumEngineVersion": "7.2" if user.engine == "valkey" else "7.0" if user.authentication == IAM else "6.0",
        "AccessString": user.access,
        "UserGroupIds": groups,
        "Authentication": {"Type": user.authentication, **count},
        "ARN": user.arn,
    }


def login_of(call: Call, before: Login | None = None) -> Login:
    """How a call wants a user to log in; a change that says nothing of it keeps what was before."""
    mode, passwords, none = call.get("AuthenticationMode") or {}, call.get("Passwords"), call.get("NoPasswordRequired")
    if mode and (passwords or none is not None):
        raise contradictory("AuthenticationMode cannot be combined with Passwords or NoPasswordRequired.")
    kind = mode.get("Type") if mode else "no-password-required" if none else "password" if passwords else None
    if kind is None:
        if before is None:
            raise contradictory(
                "No password was provided. If you want to create/update the user without password, please use the NoPasswordRequired flag."
            )
        return before
    if kind not in MODES:
        raise invalid(f"Invalid authentication type: {kind}. Valid types are {', '.join(MODES)}.")
    given = tuple(str(one) for one in (mode.get("Passwords") if mode else passwords) or [])
    if kind != PASSWORD and given:
        raise contradictory(f"Passwords cannot be provided for the authentication type {kind}.")
    if kind == PASSWORD:
        _check_passwords(given)
    return Login(MODES[kind], given)


def _check_passwords(given: tuple[str, ...]) -> None:
    if not 1 <= len(given) <= MOST_PASSWORDS:
        raise contradictory(f"A user has at least one password and at most {MOST_PASSWORDS}.")
    shortest, longest = PASSWORD_LENGTH
    if any(not shortest <= len(one) <= longest for one in given):
        raise invalid(f"Passwords length must be between {shortest}-{longest} characters.")
    if len(set(given)) < len(given):
        raise contradictory("Passwords must differ.")


def check_access(text: Any) -> str:
    """The access string as ElastiCache stores it: with `off`, if it says neither on nor off."""
    elements = str(text or "").split()
    if not elements:
        raise invalid("The parameter AccessString must be provided and must not be blank.")
    if wrong := [one for one in elements if not _ELEMENT.fullmatch(one)]:
        raise invalid(f"Access string contains the invalid element {wrong[0][:1]}..., or a command or category that is not allowed.")
    return " ".join(elements if {"on", "off"} & set(elements) else ["off", *elements])


def _check(name: str, identity: str, engine: str, login: Login) -> None:
    if login.authentication == IAM and name != identity:
        raise contradictory("User Id and User name must be same for authentication type: iam")
    if login.authentication == NO_PASSWORD and engine == "valkey":
        raise contradictory("The authentication type no-password-required is not supported for the engine valkey.")


@answers("elasticache", "CreateUser")
def create(call: Call) -> Any:
    identity, name, known = str(call.get("UserId") or ""), str(call.get("UserName") or ""), store(call).users
    if not _ID.fullmatch(identity):
        raise invalid("The parameter UserId must begin with a letter and have at most 40 letters, digits, and hyphens.")
    if not name or any(sign.isspace() for sign in name):
        raise invalid("The parameter UserName must be provided and must not contain spaces.")
    identity, engine, tags = identity.lower(), engine_named(call.get("Engine")), given_tags(call)
    login, access = login_of(call), check_access(call.get("AccessString"))
    _check(name, identity, engine, login)
    if identity in known:
        raise Refusal("UserAlreadyExists", f"User {identity} already exists.")
    check_quota(call, "elasticache_users", len(known), "UserQuotaExceeded", "users")  # `default` does not count
    user = User(identity, arn(call, "user", identity), name, engine, access, login.authentication, list(login.passwords), tags)
    known[identity] = begun(user, (), "active")
    return described(call, user)


@answers("elasticache", "DescribeUsers")
def describe(call: Call) -> Any:
    if name := call.get("UserId"):
        return {"Users": [described(call, user_of(call, name))]}
    engine = call.get("Engine")
    users = [one for one in store(call).users.values() if engine in (None, one.engine)]
    known = {
        "user-name": lambda one: [one.name],
        "user-id": lambda one: [one.id],
        "engine": lambda one: [one.engine],
        "status": lambda one: [one.status],
    }
    return page(call, "Users", [described(call, one) for one in filtered(call, sorted(users, key=lambda one: one.id), known)])


def changeable(call: Call) -> User:
    user = user_of(call, call.get("UserId"))
    if user.id == DEFAULT_USER:
        raise invalid("The user default cannot be modified or deleted.")
    if user.status != "active":
        raise Refusal("InvalidUserState", f"User {user.id} has status {user.status}. Only active users can be modified.")
    return user


@answers("elasticache", "ModifyUser")
def modify(call: Call) -> Any:
    """A new list of passwords replaces the old one."""
    user = changeable(call)
    if call.get("AccessString") is not None and call.get("AppendAccessString") is not None:
        raise contradictory("AccessString and AppendAccessString cannot be combined.")
    engine = engine_named(call.get("Engine")) if call.get("Engine") else user.engine
    login = login_of(call, Login(user.authentication, tuple(user.passwords)))
    access = check_access(call.get("AccessString")) if call.get("AccessString") is not None else user.access
    if call.get("AppendAccessString") is not None:
        access = check_access(f"{access} {call.get('AppendAccessString')}")
    _check(user.name, user.id, engine, login)
    for group in store(call).user_groups.values():
        if user.id in group.users:
            elasticache_user_groups.check_member(group.engine, user.id, login.authentication)
    end_script(USER, user)

    def apply() -> None:
        user.access, user.engine, user.authentication, user.passwords = access, engine, login.authentication, list(login.passwords)

    life_of(user).play([phase(USER, "modifying", end=apply)], "active")
    return described(call, user, "modifying")


@answers("elasticache", "DeleteUser")
def delete(call: Call) -> Any:
    """A user that is deleted leaves its groups, except one whose name is `default`, which a group cannot do without."""
    user, known = changeable(call), store(call)
    groups = [group for group in known.user_groups.values() if user.id in group.users]
    if groups and user.name == DEFAULT_USER:
        text = f"The user {user.id}, whose name is default, is a member of the user group {groups[0].id}."
        raise Refusal("DefaultUserAssociatedToUserGroup", text)
    for group in groups:
        elasticache_user_groups.begin(known, group, joining=[], leaving=[user.id])
    end_script(USER, user)
    life_of(user).play([phase(USER, "deleting", end=lambda: known.users.pop(user.id, None))], "deleting")
    return described(call, user, "deleting")
