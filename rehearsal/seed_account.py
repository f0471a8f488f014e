"""The account that a seed is applied to: its clients, what was created in it, and references to that."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rehearsal.admin_client import AdminClient
from rehearsal.given_ids import HEADER
from rehearsal.one_address import at_one_address
from rehearsal.seed_vocabulary import REFERENCE


class SeedError(ValueError):
    """A seed is unreadable, invalid, or was refused by the cloud; the message says where and what is expected."""


class Account:
    """`made` is what references resolve to: account_id, region, and section -> name -> the entry's known attributes."""

    def __init__(self, cloud: Mapping[str, Any], place: str = "", known: Mapping[str, Any] | None = None) -> None:
        """`place` distinguishes further regions and accounts from the first; `known`: what references may name besides its own."""
        self.cloud = cloud
        self.admin = AdminClient(cloud["admin"])
        self.account_id: str = cloud["account_id"]
        self.region: str = cloud["region"]
        self.place = place
        self.made: dict[str, Any] = {**(known or {}), "account_id": self.account_id, "region": self.region}
        self._clients: dict[tuple[str, str], Any] = {}
        self._identity: str | None = None

    def in_region(self, region: str) -> Account:
        """The same account in another region."""
        return Account({**self.cloud, "region": region}, f"{self.place}{region} ", self.made)

    def in_account(self, account_id: str) -> Account:
        """Another account, which the cloud plays from now on. It is in the same region."""
        return Account({**self.cloud, **self.admin.account(account_id)}, f"{account_id} ", self.made)

    def client(self, service: str, region: str | None = None) -> Any:
        import boto3
        from botocore.config import Config

        key = (service, region or self.region)
        if key not in self._clients:
            credentials = self.cloud["credentials"]["apply"]
            config = Config(retries={"total_max_attempts": 1}, proxies={}, s3={"addressing_style": "path"})
            with _nothing_of_the_callers():
                session = boto3.session.Session(
                    aws_access_key_id=credentials["access_key_id"],
                    aws_secret_access_key=credentials["secret_access_key"],
                    region_name=key[1],
                )
                client = session.client(service, endpoint_url=self.cloud["endpoint"], config=config)
            at_one_address(client).meta.events.register("before-call", self._add_identity)
            self._clients[key] = client
        return self._clients[key]

    @property
    def partition(self) -> str:
        return str(self.client("iam").meta.partition)

    @contextmanager
    def giving(self, identity: str | None) -> Iterator[None]:
        """Within the block, the next resource created gets this ID."""
        self._identity = identity
        try:
            yield
        finally:
            self._identity = None

    def _add_identity(self, params: dict[str, Any], **named: Any) -> None:
        if self._identity:
            params["headers"][HEADER] = self._identity

    def resolved(self, value: Any) -> Any:
        """A copy with every reference replaced. Raises SeedError for an unresolvable one."""
        if isinstance(value, dict):
            return {name: self.resolved(entry) for name, entry in value.items()}
        if isinstance(value, list):
            return [self.resolved(entry) for entry in value]
        if not isinstance(value, str):
            return value
        whole = REFERENCE.fullmatch(value)
        if whole:
            return self._looked_up(whole[0])
        return REFERENCE.sub(lambda match: str(self._looked_up(match[0])), value)

    def _looked_up(self, reference: str) -> Any:
        import jmespath
        from jmespath.exceptions import JMESPathError

        try:
            found = jmespath.search(reference[2:-1], self.made)
        except JMESPathError as error:
            raise SeedError(f"{reference} is not a JMESPath expression: {str(error).splitlines()[0]}") from None
        if found is None:
            head = reference[2:-1].replace("[", ".").split(".")[0]
            raise SeedError(f"{reference} leads nowhere; {head} is {self.made[head]!r}")
        return found


@contextmanager
def _nothing_of_the_callers() -> Iterator[None]:
    """The caller's AWS profile, missing or existing, must neither stop nor affect calls to the cloud."""
    kept = dict(os.environ)
    for name in kept:
        if name.startswith(("AWS_", "BOTO_")):
            del os.environ[name]
    os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)


def described(error: Exception) -> str:
    """An error in one sentence: AWS's message with its operation and code, without botocore's note about attempts."""
    from botocore.exceptions import ClientError

    if isinstance(error, ClientError):
        return f"{error.operation_name} was refused with {error.response['Error']['Code']}: {error.response['Error'].get('Message', '')}"
    return str(error)


def found(call: Callable[..., Any], **parameters: Any) -> Any:
    """The response of a call that reads one resource, or None if the resource does not exist."""
    from botocore.exceptions import ClientError

    try:
        return call(**parameters)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "NoSuchEntity" or "NotFound" in code:
            return None
        raise


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def specification(kind: str, tags: Mapping[str, str]) -> list[dict[str, Any]]:
    """Tags in EC2's TagSpecifications format; empty without any."""
    return [{"ResourceType": kind, "Tags": tag_list(tags)}] if tags else []


def pages(client: Any, operation: str, member: str, **parameters: Any) -> Iterator[Any]:
    for page in client.get_paginator(operation).paginate(**parameters):
        yield from page[member]
