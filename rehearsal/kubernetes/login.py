"""Token authentication and access policies of an EKS cluster: the logic of AWS's cluster login, without any server."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from rehearsal import signatures
from rehearsal.identities import Credentials

PREFIX = "k8s-aws-v1."
CLUSTER_HEADER = "x-k8s-aws-id"
LONGEST_TOKEN = 4096
LONGEST_EXPIRES = 900
# A token's lifetime from its timestamp; X-Amz-Expires does not affect it.
LIFETIME = timedelta(minutes=15)
# Allowance for clock skew.
EARLIEST = timedelta(minutes=5)
PARAMETERS = frozenset(
    {
        *("action", "version", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-security-token"),
        *("x-amz-signature", "x-amz-signedheaders", "x-amz-user-agent"),
    }
)
_ASSUMED = re.compile(r"^arn:(?P<partition>[\w-]+):sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/]+)/(?P<session>.+)$")


class LoginError(Exception):
    """The token is rejected; the message is for the cloud's log. The client sees only 401."""


def key_of(
    token: str, cluster_name: str, hosts: Collection[str], credentials: Callable[[str], Credentials | None], now: datetime
) -> Credentials:
    """The credentials that signed a token. `hosts` are the accepted STS hosts; `credentials` looks up a key's secret."""
    url = _url(token)
    _check_form(url, hosts)
    made = signatures.signed_at(url)
    if now > made + LIFETIME:
        raise LoginError(f"the token is of {made:%H:%M:%S} and was good for {LIFETIME.seconds // 60} minutes")
    if made > now + EARLIEST:
        raise LoginError(f"the token is of {made:%H:%M:%S}, which is still to come")
    key = signatures.access_key_of(url)
    known = credentials(key)
    if known is None:
        raise LoginError(f"the access key {key[:12]}... is not valid here")
    given = dict(parse_qsl(urlsplit(url).query)).get("X-Amz-Security-Token")
    if given != known.session_token:
        raise LoginError("the session token does not belong to the access key")
    try:
        signatures.verify(url, {CLUSTER_HEADER: cluster_name}, known.secret_access_key)
    except signatures.BadSignature as error:
        raise LoginError(f"{error}: made with another secret, or for another cluster than {cluster_name}") from error
    return known


def _url(token: str) -> str:
    if not token.startswith(PREFIX):
        raise LoginError(f"the token does not begin with {PREFIX}")
    if len(token) > LONGEST_TOKEN:
        raise LoginError("the token is too long")
    encoded = token[len(PREFIX) :]
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise LoginError("the token is not in base64url") from error


def _check_form(url: str, hosts: Collection[str]) -> None:
    """Accepts only the exact request that a token may contain. Anything else would let its author make the cluster call arbitrary
    addresses.
    """
    parts = urlsplit(url)
    if parts.netloc not in hosts or parts.path != "/":
        raise LoginError(f"the token leads to {parts.netloc}{parts.path}, not to the STS of this cloud")
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    names = [name.lower() for name, _ in pairs]
    if len(set(names)) != len(names) or not set(names) <= PARAMETERS:
        raise LoginError(f"the token's request has parameters that do not belong there: {', '.join(sorted(set(names) - PARAMETERS))}")
    values = {name.lower(): value for name, value in pairs}
    if values.get("action") != "GetCallerIdentity":
        raise LoginError(f"the token asks for {values.get('action')}, not for GetCallerIdentity")
    expires = values.get("x-amz-expires", "")
    if not expires.isdigit() or int(expires) > LONGEST_EXPIRES:
        raise LoginError(f"X-Amz-Expires is {expires!r}; 0 to {LONGEST_EXPIRES} is allowed")


@dataclass(frozen=True)
class Principal:
    """The caller: the ARN of the session, and that of the role or user behind it, which access entries name."""

    arn: str
    canonical: str
    session: str = ""


def principal(arn: str, role_arn: Callable[[str], str | None]) -> Principal:
    """`role_arn` looks up a role's ARN, including its path, by name: a session's ARN lacks the path."""
    match = _ASSUMED.match(arn)
    if match is None:
        return Principal(arn, arn)
    without_path = f"arn:{match['partition']}:iam::{match['account']}:role/{match['role']}"
    return Principal(arn, role_arn(match["role"]) or without_path, match["session"])


def username(template: str, caller: Principal) -> str:
    """An access entry's username with {{SessionName}} and similar filled in; a session's slashes and at signs become dashes."""
    session = re.sub(r"[^\w+=,.-]", "-", caller.session)
    for name, value in (("SessionName", session), ("SessionNameRaw", caller.session), ("AccountID", caller.arn.split(":")[4])):
        template = template.replace("{{" + name + "}}", value)
    return template


# --- what policies allow ---

ARN_OF_POLICIES = "arn:aws:eks::aws:cluster-access-policy/"
EVERYTHING: list[dict[str, Any]] = [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}, {"verbs": ["*"], "nonResourceURLs": ["*"]}]
READ_EVERYTHING: list[dict[str, Any]] = [{"verbs": ["get", "list", "watch"], "apiGroups": ["*"], "resources": ["*"]}]
# AWS documents these as similar to the user-facing roles that every new cluster has.
LIKE_ROLES = {"AmazonEKSAdminPolicy": "admin", "AmazonEKSEditPolicy": "edit", "AmazonEKSViewPolicy": "view"}
FIXED = {"AmazonEKSClusterAdminPolicy": EVERYTHING, "AmazonEKSAdminViewPolicy": READ_EVERYTHING}
POLICIES = (*LIKE_ROLES, *FIXED)


@dataclass(frozen=True)
class Grant:
    """A policy associated with a principal: for the whole cluster, or for namespaces, whose names may contain wildcards."""

    policy: str
    namespaces: tuple[str, ...] | None = None


def allows(grants: Iterable[Grant], rules: Mapping[str, list[dict[str, Any]]], review: Mapping[str, Any]) -> str | None:
    """The policy that allows a SubjectAccessReview; None if none does. `rules` are the rules of each policy."""
    resource, other = review.get("resourceAttributes"), review.get("nonResourceAttributes")
    for grant in grants:
        if grant.namespaces is not None and (resource is None or not _within(resource.get("namespace", ""), grant.namespaces)):
            continue
        for rule in rules.get(grant.policy, []):
            if _allows_resource(rule, resource) if resource else _allows_path(rule, other or {}):
                return grant.policy
    return None


def _within(namespace: str, patterns: Iterable[str]) -> bool:
    return bool(namespace) and any(fnmatchcase(namespace, pattern) for pattern in patterns)


def _allows_resource(rule: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    resource, sub = asked.get("resource", ""), asked.get("subresource", "")
    names = rule.get("resourceNames")
    whole = f"{resource}/{sub}" if sub else resource
    return (
        _has(rule.get("verbs"), asked.get("verb", ""))
        and _has(rule.get("apiGroups"), asked.get("group", ""))
        and (_has(rule.get("resources"), whole) or (bool(sub) and f"*/{sub}" in (rule.get("resources") or [])))
        and (not names or asked.get("name", "") in names)
    )


def _allows_path(rule: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    path = asked.get("path", "")
    paths = rule.get("nonResourceURLs") or []
    return _has(rule.get("verbs"), asked.get("verb", "")) and any(
        path == each or (each.endswith("*") and path.startswith(each[:-1])) for each in paths
    )


def _has(given: Any, wanted: str) -> bool:
    return "*" in (given or []) or wanted in (given or [])
