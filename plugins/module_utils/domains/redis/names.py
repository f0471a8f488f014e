# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The names of a cache's parts, and of what an inventory names in AWS. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...aws.grants import Names
from ...aws.owner import Owner
from ...aws.place import Place
from ...inputs.networks import Network
from ...inputs.problems import Problems
from .settings.access import DEFAULT_USER, TOKEN, USERS
from .settings.cache import Cache, read

KEY = "cache_key.data"
"""The component's key: for data, snapshots, logs, and secrets of all its caches."""


def secret_name(place: Place, cache: str, part: str) -> str:
    """Below the component's prefix, by which its secrets are found."""
    return f"{place.path}{cache}/{part}"


def user_part(user: str) -> str:
    return f"user-{user}"


def user_id(identifier: str, user: str) -> str:
    """Unique in the region. It is also the name with which a user logs in, as ElastiCache requires of users that log in with IAM."""
    return f"{identifier}-{user}"


def user_group_id(identifier: str) -> str:
    """Not the cache's own identifier: the order of deletions follows names, and each would count as mentioning the other."""
    return f"users-{identifier}"


def user_name(identifier: str, user: str) -> str:
    """Our disabled user is named ``default``, which every user group must have; all others are named like their IDs."""
    return DEFAULT_USER if user == DEFAULT_USER else user_id(identifier, user)


def names(caches: Any, environment: str, _component: str) -> Names:
    """What policies are limited to: the subnets and security groups that the inventory lists."""
    found = read(caches, "caches", environment, Network(), Problems())
    return Names(
        subnets=tuple(sorted({subnet for one in found.values() for subnet in one.subnet_ids})),
        security_groups=tuple(sorted({group for one in found.values() for group in one.security_group_ids})),
    )


def secret_names(caches: Mapping[str, Cache], environment: str, component: str) -> list[str]:
    """The names of all described secrets."""
    path = Owner(environment, component).path
    tokens = [f"{path}{name}/token" for name, one in caches.items() if generates_token(one)]
    users = [f"{path}{name}/{user_part(user)}" for name, one in caches.items() for user in password_users(one)]
    return [*tokens, *users]


def generates_token(one: Cache) -> bool:
    return one.access.form == TOKEN and not one.access.secret_arn


def password_users(one: Cache) -> list[str]:
    """The users that log in with a generated password."""
    return [name for name, user in sorted(one.access.users.items()) if one.access.form == USERS and user.login == "password"]
