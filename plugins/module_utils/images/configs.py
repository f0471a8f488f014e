# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Downloads the configuration of an image, which says its platform: the manifest of an image without an index does not.

ECR gives a URL for a layer, valid for a short time, as container runtimes use it too; it leads to S3. Failing to download it is not an
error: the platform then counts as unknown.
"""

from __future__ import annotations

import hashlib
import json

from ansible.module_utils.urls import open_url

from ..aws.connection import Aws
from ..reconcile.errors import CallFailed
from .platforms import platform
from .references import Repository

LARGEST = 4 * 1024 * 1024
"""Bytes of a configuration that are read; usual ones have a few thousand."""
TIMEOUT = 10


def platform_of_config(aws: Aws, at: Repository, digest: str) -> str:
    """The platform of the image with this configuration; empty if it is unknown."""
    try:
        reply = aws.in_region(at.region).read(
            "ecr", "get_download_url_for_layer", registryId=at.account_id, repositoryName=at.name, layerDigest=digest
        )
    except CallFailed:
        return ""
    return platform_in(downloaded(str(reply["downloadUrl"])), digest)


def downloaded(url: str) -> bytes:
    """What the URL leads to; empty if that fails. ``data:`` is what the rehearsal cloud answers with."""
    if not url.startswith(("https:", "data:")):
        return b""
    try:
        with open_url(url, timeout=TIMEOUT, http_agent="mainstay.aws") as reply:
            return bytes(reply.read(LARGEST))
    except (OSError, ValueError):
        return b""


def platform_in(content: bytes, digest: str) -> str:
    """The platform that a configuration describes, if it is the one with this digest."""
    if f"sha256:{hashlib.sha256(content).hexdigest()}" != digest:
        return ""
    try:
        document = json.loads(content)
    except ValueError:
        return ""
    return platform(document) if isinstance(document, dict) else ""
