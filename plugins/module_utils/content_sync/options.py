# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of s3_content, and what they describe."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..component.options import OWNER, shared
from ..inputs.problems import shown
from ..reconcile.model import UNKNOWN
from .files import Found, scan
from .headers import Rules
from .invalidation import WAIT_SECONDS
from .plan import Keeping

BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
DISTRIBUTION = re.compile(r"[A-Z0-9]{8,32}")
KEEP_DAYS = 30.0
KEEP_RELEASES = 3


@dataclass(frozen=True)
class Wish:
    """``prefix``: empty, or ends with a slash. ``path``: begins and ends with one. ``distribution``: its id, or empty."""

    bucket: str
    prefix: str
    found: Found
    index: str
    rules: Rules
    kms_key_id: str
    version: str
    keeping: Keeping
    distribution: str
    path: str
    wait: bool
    invalidation_timeout: float
    lock_wait: float

    @property
    def known(self) -> bool:
        """Whether the bucket has a name yet: in a plan that creates it, it may have none."""
        return UNKNOWN not in self.bucket


PUBLISHED = (
    *("prefix", "index", "exclude", "cache_control", "content_types", "kms_key_id", "version", "keep_days", "keep_releases"),
    *("distribution_path", "wait", "invalidation_timeout"),
)
"""The options that say how content is published; the others say from where and to where."""


def argument_spec() -> dict[str, Any]:
    return {
        **shared(*OWNER, "lock_wait"),
        "bucket": {"type": "str", "required": True},
        "directory": {"type": "path", "required": True},
        "prefix": {"type": "str", "default": ""},
        "index": {"type": "str", "default": "index.html"},
        "exclude": {"type": "list", "elements": "str", "default": []},
        "cache_control": {"type": "dict", "default": {}},
        "content_types": {"type": "dict", "default": {}},
        "kms_key_id": {"type": "str", "default": ""},
        "version": {"type": "str", "default": ""},
        "keep_days": {"type": "float", "default": KEEP_DAYS},
        "keep_releases": {"type": "int", "default": KEEP_RELEASES},
        "distribution": {"type": "str", "default": ""},
        "distribution_path": {"type": "str"},
        "wait": {"type": "bool", "default": True},
        "invalidation_timeout": {"type": "float", "default": WAIT_SECONDS},
    }


def wish_of(params: Mapping[str, Any]) -> tuple[Wish, list[str]]:
    """What the options describe, and every problem with them. Reads the directory."""
    problems = [*_names(params), *_numbers(params), *_headers(params)]
    prefix = _folder(params["prefix"])
    found = scan(params["directory"], params["exclude"], params["index"], prefix)
    path = params["distribution_path"]
    wish = Wish(
        bucket=params["bucket"],
        prefix=prefix,
        found=found,
        index=params["index"],
        rules=Rules(params["cache_control"], {_extension(name): text for name, text in params["content_types"].items()}),
        kms_key_id=params["kms_key_id"],
        version=params["version"],
        keeping=Keeping(params["keep_days"], params["keep_releases"]),
        distribution=params["distribution"],
        path=f"/{prefix}" if path is None else f"/{_folder(path)}",
        wait=params["wait"],
        invalidation_timeout=params["invalidation_timeout"],
        lock_wait=params["lock_wait"],
    )
    return wish, [*problems, *found.problems]


def _folder(text: str) -> str:
    """A path without a slash in front and with one behind; empty for the top."""
    return f"{text.strip('/')}/" if text.strip("/") else ""


def _extension(name: str) -> str:
    return str(name).removeprefix(".").lower()


def _names(params: Mapping[str, Any]) -> list[str]:
    problems = []
    bucket, distribution = params["bucket"], params["distribution"]
    if UNKNOWN not in bucket and not BUCKET.fullmatch(bucket):
        problems.append(
            f"bucket is {shown(bucket)}, but must be the name of a bucket: 3 to 63 lowercase letters, digits, dots, and hyphens"
        )
    if distribution and UNKNOWN not in distribution and not DISTRIBUTION.fullmatch(distribution):
        problems.append(f"distribution is {shown(distribution)}, but must be an id such as E1A2B3C4D5E6F7, not a domain name or ARN")
    if not params["index"] or params["index"].startswith("/"):
        problems.append(f"index is {shown(params['index'])}, but must be the name of a file below the directory, such as index.html")
    if ".." in params["prefix"].split("/") or "//" in params["prefix"]:
        problems.append(f"prefix is {shown(params['prefix'])}, but must be a folder of the bucket, such as app")
    return problems


def _numbers(params: Mapping[str, Any]) -> list[str]:
    problems = []
    if params["keep_days"] < 0:
        problems.append(f"keep_days is {params['keep_days']:g}, but must be a number of days, 0 or more")
    if params["keep_releases"] < 1:
        problems.append(f"keep_releases is {params['keep_releases']}, but must be 1 or more: the newest release is one of them")
    if params["invalidation_timeout"] <= 0:
        problems.append(f"invalidation_timeout is {params['invalidation_timeout']:g}, but must be more than 0 seconds")
    return problems


def _headers(params: Mapping[str, Any]) -> list[str]:
    """Header values go into requests: a line break would end the header."""
    problems = []
    for option, example in (("cache_control", "no-cache"), ("content_types", "text/plain; charset=utf-8")):
        for name, value in params[option].items():
            if not isinstance(value, str) or not value.strip() or not value.isascii() or not value.isprintable():
                problems.append(f"{option}.{name} is {shown(value)}, but must be the value of a header, such as {example}")
    return problems
