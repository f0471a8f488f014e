"""IAM's OIDC providers, with what moto's lack: thumbprints are looked up if omitted, and audiences can be added and removed."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlsplit

from rehearsal.registry import Call, answers, refuses
from rehearsal.replies import Refusal

MOST_CLIENTS = 100
LONGEST = 255


@refuses("iam", "CreateOpenIDConnectProvider")
def check_provider(call: Call) -> None:
    url = str(call.get("Url") or "")
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.netloc or parts.query or parts.port:
        raise Refusal("InvalidInput", f"The URL of a provider begins with https:// and has neither a port nor a query; {url!r} does not do")
    if len(url) > LONGEST:
        raise Refusal("InvalidInput", f"The URL of a provider may have {LONGEST} characters, not {len(url)}")
    if arn_of(call, url) in call.backend.open_id_providers:
        raise Refusal("EntityAlreadyExists", f"Provider with url {url} already exists.", 409)


def arn_of(call: Call, url: str) -> str:
    return f"arn:aws:iam::{call.account_id}:oidc-provider/{url.removeprefix('https://')}"


@answers("iam", "CreateOpenIDConnectProvider")
def create(call: Call) -> Any:
    url = str(call.get("Url"))
    provider = call.backend.create_open_id_connect_provider(
        url=url,
        thumbprint_list=list(call.get("ThumbprintList") or [looked_up(url)]),
        client_id_list=list(call.get("ClientIDList") or []),
        tags=list(call.get("Tags") or []),
    )
    return {"OpenIDConnectProviderArn": provider.arn, "Tags": provider.get_tags()}


def looked_up(url: str) -> str:
    """A stand-in for the thumbprint of the certificate authority that IAM would find at the URL."""
    return hashlib.sha1(str(urlsplit(url).netloc).encode(), usedforsecurity=False).hexdigest()


@answers("iam", "AddClientIDToOpenIDConnectProvider")
def add_client(call: Call) -> Any:
    """Adding an existing audience has no effect."""
    provider, client = _provider(call), str(call.get("ClientID"))
    if client not in provider.client_id_list:
        if len(provider.client_id_list) >= MOST_CLIENTS:
            raise Refusal("LimitExceeded", f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {MOST_CLIENTS}", 409)
        provider.client_id_list.append(client)
    return {}


@answers("iam", "RemoveClientIDFromOpenIDConnectProvider")
def remove_client(call: Call) -> Any:
    """Removing a missing audience is not an error."""
    provider = _provider(call)
    provider.client_id_list = [client for client in provider.client_id_list if client != call.get("ClientID")]
    return {}


@refuses(
    "iam",
    *("GetOpenIDConnectProvider", "TagOpenIDConnectProvider", "UntagOpenIDConnectProvider", "ListOpenIDConnectProviderTags"),
    "UpdateOpenIDConnectProviderThumbprint",
)
def known(call: Call) -> None:
    _provider(call)


def _provider(call: Call) -> Any:
    identity = call.get("OpenIDConnectProviderArn")
    if identity not in call.backend.open_id_providers:
        raise Refusal("NoSuchEntity", f"OpenIDConnect Provider not found for arn {identity}", 404)
    return call.backend.open_id_providers[identity]
