"""Origin access controls, and the older identities, which are only there to be migrated from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rehearsal.extensions.cloudfront_common import (
    Document,
    Entity,
    check_version,
    filled,
    found_in,
    invalid,
    items,
    new_id,
    page,
    remove,
    store,
)
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
GONE = "NoSuchOriginAccessControl"
GONE_IDENTITY = "NoSuchCloudFrontOriginAccessIdentity"
BY_ORIGIN = {"s3": ("sigv4", "sigv4a"), "mediastore": ("sigv4",), "mediapackagev2": ("sigv4",), "lambda": ("sigv4",)}
URL = "https://cloudfront.amazonaws.com/2020-05-31"


def _checked(call: Call, own: Entity | None = None) -> Document:
    config = filled(call.get("OriginAccessControlConfig") or {}, {"Description": ""})
    if not NAME.fullmatch(str(config.get("Name") or "")):
        raise invalid("The parameter Name is not valid: 1 to 64 letters, digits, and _.-")
    if any(one is not own and one.config["Name"] == config["Name"] for one in store(call).controls.values()):
        text = "An origin access control with the specified name already exists."
        raise Refusal("OriginAccessControlAlreadyExists", text, 409)
    if config.get("SigningProtocol") not in BY_ORIGIN.get(str(config.get("OriginAccessControlOriginType")), ()):
        raise invalid("The parameter SigningProtocol does not fit OriginAccessControlOriginType.")
    return config


def _shown(one: Entity) -> Document:
    return {"Id": one.id, "OriginAccessControlConfig": one.config}


@answers("cloudfront", "CreateOriginAccessControl")
def create(call: Call) -> Document:
    made = Entity(new_id(), _checked(call))
    store(call).controls[made.id] = made
    return {"OriginAccessControl": _shown(made), "Location": f"{URL}/origin-access-control/{made.id}", "ETag": made.etag}


@answers("cloudfront", "GetOriginAccessControl")
def get(call: Call) -> Document:
    one = found_in(store(call).controls, call.get("Id"), GONE)
    return {"OriginAccessControl": _shown(one), "ETag": one.etag}


@answers("cloudfront", "GetOriginAccessControlConfig")
def get_config(call: Call) -> Document:
    one = found_in(store(call).controls, call.get("Id"), GONE)
    return {"OriginAccessControlConfig": one.config, "ETag": one.etag}


@answers("cloudfront", "ListOriginAccessControls")
def listed(call: Call) -> Document:
    found: list[tuple[str, Document]] = [(one.id, {"Id": one.id, **one.config}) for one in store(call).controls.values()]
    return {"OriginAccessControlList": page(call, found)}


@answers("cloudfront", "UpdateOriginAccessControl")
def update(call: Call) -> Document:
    one = found_in(store(call).controls, call.get("Id"), GONE)
    check_version(call, one.etag)
    config = _checked(call, one)
    if config["OriginAccessControlOriginType"] != one.config["OriginAccessControlOriginType"] and list(users(call, one.id)):
        raise Refusal("IllegalUpdate", "The update contains modifications that are not allowed.", 400)
    one.change(config)
    return {"OriginAccessControl": _shown(one), "ETag": one.etag}


@answers("cloudfront", "DeleteOriginAccessControl")
def delete(call: Call) -> Document:
    one = found_in(store(call).controls, call.get("Id"), GONE)
    check_version(call, one.etag)
    if list(users(call, one.id)):
        text = "Cannot delete the origin access control because it's in use by one or more distributions."
        raise Refusal("OriginAccessControlInUse", text, 409)
    return remove(store(call).controls, one.id)


def users(call: Call, identity: str) -> Iterator[Any]:
    """The distributions that use an origin access control."""
    for one in store(call).distributions.values():
        if any(origin.get("OriginAccessControlId") == identity for origin in items(one.config["Origins"])):
            yield one


# --- identities ---


def _identity(one: Entity) -> Document:
    return {"Id": one.id, "S3CanonicalUserId": canonical_user(one.id), "CloudFrontOriginAccessIdentityConfig": one.config}


def canonical_user(identity: str) -> str:
    """The canonical user of an identity, which stays the same."""
    import hashlib

    return hashlib.sha384(identity.encode()).hexdigest()


@answers("cloudfront", "CreateCloudFrontOriginAccessIdentity")
def create_identity(call: Call) -> Document:
    config = dict(call.get("CloudFrontOriginAccessIdentityConfig") or {})
    same = next((one for one in store(call).identities.values() if one.config["CallerReference"] == config.get("CallerReference")), None)
    if same and same.config != config:
        raise Refusal("CloudFrontOriginAccessIdentityAlreadyExists", "The caller reference was used with another comment.", 409)
    made = same or Entity(new_id(), config)
    store(call).identities[made.id] = made
    url = f"{URL}/origin-access-identity/cloudfront/{made.id}"
    return {"CloudFrontOriginAccessIdentity": _identity(made), "Location": url, "ETag": made.etag}


@answers("cloudfront", "GetCloudFrontOriginAccessIdentity")
def get_identity(call: Call) -> Document:
    one = found_in(store(call).identities, call.get("Id"), GONE_IDENTITY)
    return {"CloudFrontOriginAccessIdentity": _identity(one), "ETag": one.etag}


@answers("cloudfront", "DeleteCloudFrontOriginAccessIdentity")
def delete_identity(call: Call) -> Document:
    one = found_in(store(call).identities, call.get("Id"), GONE_IDENTITY)
    check_version(call, one.etag)
    named = f"origin-access-identity/cloudfront/{one.id}"
    for each in store(call).distributions.values():
        if any((origin.get("S3OriginConfig") or {}).get("OriginAccessIdentity") == named for origin in items(each.config["Origins"])):
            raise Refusal("CloudFrontOriginAccessIdentityInUse", "The Origin Access Identity specified is already in use.", 409)
    return remove(store(call).identities, one.id)
