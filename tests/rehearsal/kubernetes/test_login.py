"""Which tokens are accepted and what access policies allow: tables, without any server."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import botocore.auth
import botocore.session
import pytest
from botocore.credentials import Credentials as Signing

from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.eks_token import make_token
from rehearsal.identities import Credentials
from rehearsal.kubernetes.login import FIXED, PREFIX, Grant, LoginError, Principal, allows, key_of, principal, username
from rehearsal.signatures import BadSignature

STS = "http://127.0.0.1:5000"
KNOWN = {
    "REHEARSEKEY": Credentials("REHEARSEKEY", "secret"),
    "REHEARSESESSION": Credentials("REHEARSESESSION", "secret", "session/token+with=signs"),
}


def token(key: str = "REHEARSEKEY", secret: str = "secret", session: str | None = None, cluster: str = "main", endpoint: str = STS) -> str:
    return make_token(Signing(key, secret, session), cluster, "af-south-1", endpoint).token


def changed(old: str, new: str) -> str:
    """A token whose request was altered after it was signed."""
    encoded = token()[len(PREFIX) :]
    url = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    assert old in url
    return PREFIX + base64.urlsafe_b64encode(url.replace(old, new).encode()).decode().rstrip("=")


def check(text: str, minutes: float = 0) -> str:
    """Checks a token this many minutes from now."""
    return key_of(text, "main", {"127.0.0.1:5000"}, KNOWN.get, datetime.now(UTC) + timedelta(minutes=minutes)).access_key_id


@pytest.mark.parametrize(
    "given",
    [{}, {"key": "REHEARSESESSION", "session": "session/token+with=signs"}, {"endpoint": f"{STS}/"}],
    ids=["key", "session", "slash"],
)
def test_a_token_of_the_collection_is_accepted(given: dict[str, str]) -> None:
    assert check(token(**given)) == given.get("key", "REHEARSEKEY")


@pytest.mark.parametrize("minutes", [-4, 0, 1, 14])
def test_a_token_is_good_for_fifteen_minutes(minutes: float) -> None:
    assert check(token(), minutes) == "REHEARSEKEY"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: "", "does not begin with k8s-aws-v1"),
        (lambda: "eyJhbGciOiJSUzI1NiJ9.x.y", "does not begin with k8s-aws-v1"),
        (lambda: f"{PREFIX}%%%", "not in base64url"),
        (lambda: PREFIX + "a" * 5000, "too long"),
        (lambda: token(endpoint="http://127.0.0.1:5001"), "127.0.0.1:5001/, not to the STS"),
        (lambda: token(endpoint="https://sts.af-south-1.amazonaws.com"), "not to the STS of this cloud"),
        (lambda: changed("/?Action", "/evil?Action"), "/evil, not to the STS"),
        (lambda: changed("GetCallerIdentity", "GetSessionToken"), "asks for GetSessionToken"),
        (lambda: changed("&Version", "&RoleArn=x&Version"), "do not belong there: rolearn"),
        (lambda: changed("&Version", "&Action=GetCallerIdentity&Version"), "do not belong there"),
        (lambda: changed("X-Amz-Expires=60", "X-Amz-Expires=6000"), "X-Amz-Expires is '6000'"),
        (lambda: changed("X-Amz-Expires=60", "X-Amz-Expires=61"), "the signature does not match"),
        (lambda: changed("af-south-1", "eu-west-1"), "the signature does not match"),
        (lambda: changed("X-Amz-Signature=", "X-Amz-Signature=0"), "the signature does not match"),
        (lambda: token(secret="guessed"), "the signature does not match"),
        (lambda: token(cluster="other"), "for another cluster than main"),
        (lambda: token(key="AKIAIOSFODNN7EXAMPLE"), "the access key AKIAIOSFODNN... is not valid here"),
        (lambda: token(key="REHEARSESESSION"), "session token does not belong"),
        (lambda: token(session="stolen"), "session token does not belong"),
        (lambda: token(key="REHEARSESESSION", session="another"), "session token does not belong"),
        (lambda: changed(quote("host;x-k8s-aws-id", safe=""), "host"), "not signed: x-k8s-aws-id"),
    ],
)
def test_a_token_that_is_refused(make: Callable[[], str], words: str) -> None:
    """Created when it is needed, because tokens expire."""
    with pytest.raises((LoginError, BadSignature)) as refused:
        check(make())
    assert words in str(refused.value)


@pytest.mark.parametrize(("minutes", "words"), [(16, "was good for 15 minutes"), (-6, "still to come")])
def test_a_token_of_another_time_is_refused(minutes: float, words: str) -> None:
    with pytest.raises(LoginError, match=words):
        check(token(), minutes)


@pytest.mark.parametrize("session", [None, "session/token+with=signs"])
@pytest.mark.parametrize("endpoint", [STS, "https://sts.af-south-1.amazonaws.com"])
def test_a_token_is_the_request_that_the_aws_cli_presigns(monkeypatch: pytest.MonkeyPatch, session: str | None, endpoint: str) -> None:
    """The CLI presigns GetCallerIdentity with the header added beforehand. Ours must be identical, including the signature."""
    now = datetime.now(UTC)
    monkeypatch.setattr(
        botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: now.replace(tzinfo=None) if remove_tzinfo else now
    )
    own = botocore.session.Session()
    client = own.create_client(
        "sts",
        "af-south-1",
        endpoint_url=endpoint,
        aws_access_key_id="REHEARSEKEY",
        aws_secret_access_key="secret",
        aws_session_token=session,
    )
    client.meta.events.register(
        "before-sign.sts.GetCallerIdentity", lambda request, **_: request.headers.add_header("x-k8s-aws-id", "main")
    )
    presigned = urlsplit(client.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET"))
    encoded = token(session=session, endpoint=endpoint)[len(PREFIX) :]
    made = urlsplit(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode())
    assert (made.scheme, made.netloc, made.path) == (presigned.scheme, presigned.netloc, presigned.path)
    assert dict(parse_qsl(made.query)) == dict(parse_qsl(presigned.query))


SESSION = "arn:aws:sts::123456789012:assumed-role/deployer/me@example.com"
USER = "arn:aws:iam::123456789012:user/anna"


@pytest.mark.parametrize(
    ("arn", "known", "expected"),
    [
        (USER, None, USER),
        (SESSION, None, "arn:aws:iam::123456789012:role/deployer"),
        (SESSION, "arn:aws:iam::123456789012:role/ci/deployer", "arn:aws:iam::123456789012:role/ci/deployer"),
    ],
)
def test_the_principal_behind_a_session(arn: str, known: str | None, expected: str) -> None:
    assert principal(arn, lambda name: known if name == "deployer" else None).canonical == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("plain", "plain"),
        (
            "arn:aws:sts::123456789012:assumed-role/deployer/{{SessionName}}",
            "arn:aws:sts::123456789012:assumed-role/deployer/me-example.com",
        ),
        ("{{AccountID}}:{{SessionNameRaw}}", "123456789012:me@example.com"),
    ],
)
def test_user_names(template: str, expected: str) -> None:
    assert username(template, Principal(SESSION, "arn:aws:iam::123456789012:role/deployer", "me@example.com")) == expected


RULES: dict[str, list[dict[str, Any]]] = FIXED | {
    "AmazonEKSViewPolicy": [{"apiGroups": ["", "apps"], "resources": ["pods", "pods/log", "deployments"], "verbs": ["get", "list"]}]
}


def asks(verb: str, resource: str, namespace: str = "", group: str = "", subresource: str = "") -> dict[str, Any]:
    names = {"verb": verb, "resource": resource, "namespace": namespace, "group": group, "subresource": subresource}
    return {"resourceAttributes": names}


CLUSTER_ADMIN, VIEW = Grant("AmazonEKSClusterAdminPolicy"), Grant("AmazonEKSViewPolicy")
VIEW_TEAMS = Grant("AmazonEKSViewPolicy", ("team-*", "shared"))


@pytest.mark.parametrize(
    ("grants", "review", "allowed"),
    [
        ([], asks("get", "pods", "default"), False),
        ([CLUSTER_ADMIN], asks("delete", "nodes"), True),
        ([CLUSTER_ADMIN], asks("escalate", "clusterroles", group="rbac.authorization.k8s.io"), True),
        ([CLUSTER_ADMIN], {"nonResourceAttributes": {"path": "/metrics", "verb": "get"}}, True),
        ([VIEW], {"nonResourceAttributes": {"path": "/metrics", "verb": "get"}}, False),
        ([VIEW], asks("get", "pods", "default"), True),
        ([VIEW], asks("list", "pods"), True),
        ([VIEW], asks("get", "pods", "default", subresource="log"), True),
        ([VIEW], asks("create", "pods", "default", subresource="exec"), False),
        ([VIEW], asks("delete", "pods", "default"), False),
        ([VIEW], asks("get", "deployments", "default", "apps"), True),
        ([VIEW], asks("get", "deployments", "default", "other"), False),
        ([VIEW], asks("get", "secrets", "default"), False),
        ([VIEW_TEAMS], asks("get", "pods", "team-a"), True),
        ([VIEW_TEAMS], asks("get", "pods", "shared"), True),
        ([VIEW_TEAMS], asks("get", "pods", "default"), False),
        ([VIEW_TEAMS], asks("list", "pods"), False),
        ([Grant("AmazonEKSClusterAdminPolicy", ("team-a",))], asks("delete", "pods", "team-a"), True),
        ([Grant("AmazonEKSClusterAdminPolicy", ("team-a",))], {"nonResourceAttributes": {"path": "/metrics", "verb": "get"}}, False),
        ([Grant("AmazonEKSAdminViewPolicy")], asks("get", "secrets", "default"), True),
        ([Grant("AmazonEKSAdminViewPolicy")], asks("update", "secrets", "default"), False),
        ([VIEW_TEAMS, CLUSTER_ADMIN], asks("delete", "pods", "default"), True),
    ],
)
def test_what_policies_allow(grants: list[Grant], review: dict[str, Any], allowed: bool) -> None:
    assert (allows(grants, RULES, review) is not None) is allowed
