"""User data of node groups: the formats that EKS can merge with its own, and what it changes on nodes."""

from __future__ import annotations

import base64
import binascii
import json
import tomllib
from collections.abc import Iterator, Mapping
from email import message_from_string
from typing import Any

CODE = "Ec2LaunchTemplateInvalidConfiguration"
NODE_CONFIG = "application/node.eks.aws"


def text_of(data: Mapping[str, Any]) -> str:
    """The user data of a launch template's data; empty if it has none or if it is not Base64."""
    try:
        return base64.b64decode(data.get("UserData") or "", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "\0"


def unusable(data: Mapping[str, Any], ami: str) -> str:
    """Why EKS cannot merge user data with its own, which it reports when it starts the nodes; empty if it can."""
    text = text_of(data)
    if not text or data.get("ImageId"):
        return ""
    if ami.startswith("BOTTLEROCKET"):
        return "" if _settings(text) is not None else "User data was not in the TOML format."
    return "" if message_from_string(text).is_multipart() else "User data was not in the MIME multipart format."


def max_pods(data: Mapping[str, Any], ami: str) -> int | None:
    """The number of pods that user data sets; the last part that sets it wins."""
    if ami.startswith("BOTTLEROCKET"):
        settings = _settings(text_of(data)) or {}
        found = [settings.get("settings", {}).get("kubernetes", {}).get("max-pods")]
    else:
        found = [_config(part).get("maxPods") for part in _node_configs(text_of(data))]
    numbers = [int(one) for one in found if one is not None]
    return numbers[-1] if numbers else None


def _settings(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _node_configs(text: str) -> Iterator[dict[str, Any]]:
    """Those that are JSON, which is YAML too."""
    for part in message_from_string(text).walk():
        if part.get_content_type() == NODE_CONFIG:
            try:
                yield json.loads(str(part.get_payload()))
            except ValueError:
                continue


def _config(document: dict[str, Any]) -> dict[str, Any]:
    config: dict[str, Any] = document.get("spec", {}).get("kubelet", {}).get("config", {})
    return config
