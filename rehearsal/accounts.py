"""The accounts that one cloud plays, and where an ARN leads.

A cloud starts with one account. Further ones are added when it starts, by a seed, or through the administrative API; each has keys of its
own. moto keeps its resources by account and region, so nothing has to be created for an account.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

ACCOUNT = re.compile(r"\d{12}")


class Place(NamedTuple):
    """An account and a region. The region is empty for what has none, such as a role."""

    account_id: str
    region: str


def place_of(arn: str) -> Place:
    """The account and region that an ARN names. Raises ValueError for anything else than an ARN."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        raise ValueError(f"{arn!r} is not an ARN")
    return Place(parts[4], parts[3])


def account_of(arn: str) -> str:
    """The account that an ARN names; empty if it names none, as a bucket's does."""
    return place_of(arn).account_id


def is_arn(text: Any) -> bool:
    return isinstance(text, str) and text.startswith("arn:") and text.count(":") >= 5


def backend_at(service: str, arn: str) -> Any:
    """moto's backend of a service in the account and region that an ARN names, such as that of a snapshot shared by another account.

    ``service`` is botocore's name, which an ARN need not contain (``elbv2``).
    """
    from rehearsal.registry import backend

    account_id, region = place_of(arn)
    return backend(service, account_id, region or "us-east-1")


def backends(service: str, account_id: str | None = None) -> Iterator[tuple[Place, Any]]:
    """Every backend of a service that holds something or did: of one account, or of all. Regions never called have none."""
    from moto.backends import get_backend

    for owner, by_region in list(get_backend(service).items()):
        if account_id in (None, owner):
            yield from ((Place(owner, region), found) for region, found in list(by_region.items()))


def check(account_id: str) -> str:
    """The account ID itself. Raises ValueError for anything else than 12 digits."""
    if not isinstance(account_id, str) or not ACCOUNT.fullmatch(account_id):
        raise ValueError(f"an account id is a text of 12 digits, not {account_id!r}")
    return account_id
