"""Logs in to the caches that a rehearsal has built, and says how to. Uses boto3 and Valkey's protocol alone, as an application would."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from rehearsal import launcher
from rehearsal.valkey import ValkeyError
from rehearsal.valkey.client import Client
from scripts.terminal import Problem


@dataclass(frozen=True)
class Login:
    """A login of a cache: its user, empty for a token, and the ARN of the secret that holds the token or password."""

    user: str
    secret: str


def logins(cloud: Mapping[str, Any]) -> list[str]:
    """Connects to every available cache without a login and with each that a secret holds; returns what a person needs to do the same.

    Raises Problem if a client without a login gets an answer that it should not get, or if a login fails.
    """
    credentials = cloud["credentials"]["apply"]
    session = boto3.Session(credentials["access_key_id"], credentials["secret_access_key"], region_name=cloud["region"])
    authority = launcher.environment(dict(cloud))["MAINSTAY_REHEARSAL_CACHE_CA"]
    caches, vault = (session.client(service, endpoint_url=cloud["endpoint"]) for service in ("elasticache", "secretsmanager"))
    groups = [one for page in caches.get_paginator("describe_replication_groups").paginate() for one in page["ReplicationGroups"]]
    secrets = [one["ARN"] for page in vault.get_paginator("list_secrets").paginate() for one in page["SecretList"]] if groups else []
    lines = []
    for group in groups:
        endpoint = address_of(group)
        if group["Status"] != "available" or not endpoint or not endpoint[0].startswith("127."):
            continue
        certificates = authority if group.get("TransitEncryptionEnabled") else None
        known = list(_logins(caches, group, secrets))
        said = _without_login(group, endpoint, certificates)
        for login in known:
            _log_in(group, endpoint, certificates, login, _value(vault, login.secret))
        said += f" {_count(known)} over verified TLS." if known and certificates else ""
        lines += ["", f"Cache {group['ReplicationGroupId']}: {said}", *instructions(endpoint, certificates, known)]
    return lines


def address_of(group: Mapping[str, Any]) -> tuple[str, int] | None:
    """Where clients begin: the configuration endpoint, or that of the primary without cluster mode."""
    shards = group.get("NodeGroups") or [{}]
    found = group.get("ConfigurationEndpoint") or shards[0].get("PrimaryEndpoint")
    return (found["Address"], found["Port"]) if found else None


def secret_in(tags: Mapping[str, str], secrets: list[str]) -> str | None:
    """The secret that a tag names: its value begins with the end of the secret's ARN."""
    named = {arn.rpartition(":secret:")[2]: arn for arn in secrets}
    return next((named[word] for value in tags.values() if (word := value.partition(" ")[0]) in named), None)


def _logins(caches: Any, group: Mapping[str, Any], secrets: list[str]) -> Iterator[Login]:
    if group.get("AuthTokenEnabled"):
        if secret := secret_in(_tags(caches, group["ARN"]), secrets):
            yield Login("", secret)
        return
    for name in group.get("UserGroupIds") or []:
        for user in caches.describe_user_groups(UserGroupId=name)["UserGroups"][0]["UserIds"]:
            found = caches.describe_users(UserId=user)["Users"][0]
            enabled = "on" in found["AccessString"].split()
            if enabled and (secret := secret_in(_tags(caches, found["ARN"]), secrets)):
                yield Login(found["UserName"], secret)


def _tags(caches: Any, arn: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in caches.list_tags_for_resource(ResourceName=arn)["TagList"]}


def _value(vault: Any, secret: str) -> str:
    """The token or password in a secret: the member `password` or `token` of an object, or the whole text."""
    text = str(vault.get_secret_value(SecretId=secret)["SecretString"])
    try:
        content = json.loads(text)
    except ValueError:
        return text
    return str(content.get("password") or content.get("token") or "") if isinstance(content, dict) else text


def _without_login(group: Mapping[str, Any], endpoint: tuple[str, int], certificates: str | None) -> str:
    protected = bool(group.get("AuthTokenEnabled") or group.get("UserGroupIds"))
    with Client(*endpoint, certificates) as client:
        answer = client.error("PING")
    if protected and answer != "NOAUTH":
        raise Problem(f"the cache {group['ReplicationGroupId']} has a login, and a client without one gets {answer!r} in place of NOAUTH")
    return "refuses a client without a login." if protected else "is open to every client that reaches it."


def _log_in(group: Mapping[str, Any], endpoint: tuple[str, int], certificates: str | None, login: Login, value: str) -> None:
    who = f"as {login.user}" if login.user else "with its token"
    with Client(*endpoint, certificates) as client:
        try:
            client.do("AUTH", *([login.user] if login.user else []), value)
        except ValkeyError as error:
            raise Problem(f"the login to the cache {group['ReplicationGroupId']} {who} failed: {error}") from None


def _count(known: list[Login]) -> str:
    users = [login.user for login in known if login.user]
    return f"Logged in as {', '.join(users)}" if users else "Logged in with its token"


def instructions(endpoint: tuple[str, int], certificates: str | None, known: list[Login]) -> list[str]:
    """The commands that get the first login's secret, and that connect."""
    tls = ["--tls", "--cacert", certificates] if certificates else []
    user = ["--user", known[0].user] if known and known[0].user else []
    secret = [f"aws secretsmanager get-secret-value --secret-id {known[0].secret}   # its token or password"] if known else []
    connect = shlex.join(["valkey-cli", "-h", endpoint[0], "-p", str(endpoint[1]), *tls, *user, *(["--askpass"] if known else [])])
    return [f"    {line}" for line in (*secret, connect)]
