"""Who may call the cloud, and in which role. Only credentials issued by this cloud are accepted."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import string
from dataclasses import dataclass

from rehearsal.replies import Refusal

ROLES = ("apply", "plan")
_ALPHABET = string.ascii_uppercase + string.digits
_REAL_KEY = re.compile(r"^A(KIA|SIA|IDA|ROA|GPA|NPA|NVA|IPA)[A-Z0-9]{12,}$")
_ISSUED = {name: re.compile(rb"<%b>([^<]+)</%b>" % (name, name)) for name in (b"AccessKeyId", b"SecretAccessKey", b"SessionToken")}
_ISSUING = {
    ("iam", "CreateAccessKey"),
    ("sts", "AssumeRole"),
    ("sts", "AssumeRoleWithSAML"),
    ("sts", "AssumeRoleWithWebIdentity"),
    ("sts", "GetFederationToken"),
    ("sts", "GetSessionToken"),
}
# Calls that AWS also accepts unsigned.
UNSIGNED = {("sts", "AssumeRoleWithSAML"), ("sts", "AssumeRoleWithWebIdentity"), ("sns", "ConfirmSubscription")}


@dataclass(frozen=True)
class Credentials:
    access_key_id: str
    secret_access_key: str
    session_token: str | None = None


def generate() -> Credentials:
    """New credentials: long and random, so that masking them hides nothing else, and distinct from any real AWS key."""
    key = "REHEARSE" + "".join(secrets.choice(_ALPHABET) for _ in range(12))
    return Credentials(key, secrets.token_urlsafe(32))


def refuse_real(credentials: Credentials) -> None:
    """Raises ValueError for credentials that could belong to a real account."""
    if _REAL_KEY.match(credentials.access_key_id):
        start = credentials.access_key_id[:4]
        raise ValueError(f"{start}... looks like an access key of a real AWS account; a rehearsal cloud makes its own and takes no others")


@dataclass(frozen=True)
class Holder:
    """What a key represents: one of the cloud's roles, in an account. `account_id` is empty for the cloud's first account."""

    role: str
    account_id: str = ""


class Identities:
    """The valid access keys: one per role in each account, and those that the cloud issued since the last reset."""

    def __init__(self, roles: dict[str, Credentials]) -> None:
        self._own: dict[str, Holder] = {}
        self._secrets: dict[str, Credentials] = {}
        self._accounts: dict[str, dict[str, Credentials]] = {}
        self._issued: dict[str, Holder] = {}
        self._issued_secrets: dict[str, Credentials] = {}
        self._add(roles, "")

    def _add(self, roles: dict[str, Credentials], account_id: str) -> None:
        for role, credentials in roles.items():
            refuse_real(credentials)
            self._own[credentials.access_key_id] = Holder(role, account_id)
            self._secrets[credentials.access_key_id] = credentials

    def account(self, account_id: str) -> dict[str, Credentials]:
        """The keys of a further account by role, generated at the first request for them. They stay valid across resets."""
        if account_id not in self._accounts:
            roles = {role: generate() for role in ROLES}
            self._add(roles, account_id)
            self._accounts[account_id] = roles
        return dict(self._accounts[account_id])

    def accounts(self) -> list[str]:
        """The further accounts."""
        return sorted(self._accounts)

    def reset(self) -> None:
        self._issued = {}
        self._issued_secrets = {}

    def holder(self, access_key_id: str | None) -> Holder | None:
        """What a key represents; None for a key that the cloud did not issue."""
        if access_key_id is None:
            return None
        return self._own.get(access_key_id) or self._issued.get(access_key_id)

    def role(self, access_key_id: str | None) -> str | None:
        """The role of a key; None for a key that the cloud did not issue."""
        found = self.holder(access_key_id)
        return found.role if found else None

    def is_own(self, access_key_id: str | None) -> bool:
        """Whether the key is one of the cloud's own keys, not one that a call issued."""
        return access_key_id in self._own

    def credentials(self, access_key_id: str) -> Credentials | None:
        """The secret of a valid key, and its session token if it has one."""
        return self._secrets.get(access_key_id) or self._issued_secrets.get(access_key_id)

    def remember_issued(self, service: str, operation: str | None, role: str, body: bytes, account_id: str = "") -> None:
        """Registers the keys in an issuing call's response, with the role of the caller and the account in which the keys act."""
        if (service, operation) in _ISSUING:
            found = {name: match[1].decode() for name, pattern in _ISSUED.items() if (match := pattern.search(body))}
            if b"AccessKeyId" in found:
                key = found[b"AccessKeyId"]
                self._issued[key] = Holder(role, account_id)
                self._issued_secrets[key] = Credentials(key, found.get(b"SecretAccessKey", ""), found.get(b"SessionToken"))


def refuse_unknown_caller(service: str, access_key_id: str | None) -> Refusal:
    """The error for a request that is not signed with one of the cloud's keys."""
    if access_key_id is None:
        return Refusal(
            "MissingAuthenticationToken",
            "This is a rehearsal cloud, not AWS: requests must be signed with the credentials that it printed.",
            403,
        )
    code = {"ec2": "AuthFailure", "s3": "InvalidAccessKeyId"}.get(service, "InvalidClientTokenId")
    if service not in ("ec2", "s3") and not _is_query(service):
        code = "UnrecognizedClientException"
    message = (
        "This is a rehearsal cloud, not AWS: real credentials are not accepted here, only those that it printed itself "
        f"(`python -m rehearsal env`). The request was signed with {access_key_id[:4]}..."
    )
    return Refusal(code, message, 401 if service == "ec2" else 403)


def refuse_signature(service: str, message: str) -> Refusal:
    """The error for a request whose signature does not match its key, in each service's wording."""
    if service == "ec2":
        return Refusal("AuthFailure", f"AWS was not able to validate the provided access credentials: {message}", 401)
    query = service == "s3" or _is_query(service)
    return Refusal("SignatureDoesNotMatch" if query else "InvalidSignatureException", message, 403)


def refuse_change(service: str, operation: str | None, arn: str) -> Refusal:
    """The error for a change requested with read-only credentials."""
    action = f"{service}:{operation}"
    if service == "ec2":
        text = f"You are not authorized to perform this operation. User: {arn} may only read ({action})."
        return Refusal("UnauthorizedOperation", text, 403)
    text = f"User: {arn} is not authorized to perform: {action}, because the role may only read"
    return Refusal("AccessDenied", text, 403) if _is_query(service) else Refusal("AccessDeniedException", text, 400)


def refuse_unlisted(service: str, arn: str, action: str, resource: str, reason: str) -> Refusal:
    """The error for a call that an identity's policies do not allow, in IAM's wording; EC2 adds an encoded message that only IAM can
    decode.
    """
    text = f"User: {arn} is not authorized to perform: {action} on resource: {resource} {reason}"
    if service == "ec2":
        sealed = base64.urlsafe_b64encode(hashlib.sha512(text.encode()).digest() * 3).decode()
        text = f"You are not authorized to perform this operation. {text}. Encoded authorization failure message: {sealed}"
        return Refusal("UnauthorizedOperation", text, 403)
    return Refusal("AccessDenied", text, 403) if _is_query(service) else Refusal("AccessDeniedException", text, 400)


def _is_query(service: str) -> bool:
    from botocore.exceptions import UnknownServiceError
    from moto.core.utils import get_service_model

    try:
        return get_service_model(service).protocol in ("query", "ec2", "rest-xml")
    except UnknownServiceError:
        return True
