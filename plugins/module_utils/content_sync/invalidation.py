# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Invalidations: which paths of a distribution show outdated objects, and removing them from its caches."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

from ..aws.connection import Aws
from ..reconcile.errors import Ambiguous, CallFailed, TimedOut
from ..reconcile.waiting import Clock, until

MOST_PATHS = 1000
"""The free paths of a month. More are replaced by one path that covers all. "Pay for file invalidation", CloudFront Developer Guide."""
WAIT_SECONDS = 900.0
POLL_SECONDS = 5.0
DONE = "completed"

READS = {"cloudfront": ("get_invalidation",)}
CHANGES = {"cloudfront": ("create_invalidation",)}


def paths_of(names: Sequence[str], index: str, path: str) -> tuple[str, ...]:
    """The paths to invalidate. ``path``: where the distribution serves the files, beginning and ending with a slash.

    The index of a folder is also cached under the folder's own path: / is another entry of the cache than /index.html.
    """
    base = index.rpartition("/")[2]
    found: dict[str, None] = {}
    for name in names:
        folder, slash, file = name.rpartition("/")
        found[f"{path}{_encoded(name)}"] = None
        if file == base:
            found[f"{path}{_encoded(folder)}{slash}"] = None
    return tuple(found) if len(found) <= MOST_PATHS else (f"{path}*",)


def _encoded(name: str) -> str:
    """As CloudFront takes paths: RFC 1738, and an asterisk of a name is not a wildcard."""
    return quote(name, safe="/!$'(),;:@&=+").replace("~", "%7E")


def reference_of(paths: Sequence[str], etag: str, uploaded: Mapping[str, str]) -> str:
    """A caller reference: CloudFront takes two requests with one reference and the same paths for one.

    ``etag``: of the record. ``uploaded``: the ETags of this run's uploads, so that a later upload is never taken for an earlier one.
    """
    said = "\n".join([etag, *paths, *(f"{name} {one}" for name, one in sorted(uploaded.items()))])
    return f"mainstay-{hashlib.sha256(said.encode()).hexdigest()[:40]}"


def invalidate(aws: Aws, distribution: str, paths: Sequence[str], reference: str, pause: Callable[[float], None]) -> str:
    """Request an invalidation; its id. Raises CallFailed."""
    batch = {"Paths": {"Quantity": len(paths), "Items": list(paths)}, "CallerReference": reference}
    for seconds in (1.0, 5.0, 0.0):
        try:
            reply = aws.change("cloudfront", "create_invalidation", DistributionId=distribution, InvalidationBatch=batch)
            return str(reply["Invalidation"]["Id"])
        except Ambiguous:
            if not seconds:
                raise
            pause(seconds)
    raise AssertionError("unreachable")


def wait_for(aws: Aws, distribution: str, invalidation: str, clock: Clock, say: Callable[[str, float], None], seconds: float) -> None:
    """Wait until no edge serves outdated objects. Raises TimedOut, CallFailed, Stopped."""
    for waited in until(clock, seconds, POLL_SECONDS):
        reply = aws.read("cloudfront", "get_invalidation", DistributionId=distribution, Id=invalidation)
        if reply["Invalidation"]["Status"].lower() == DONE:
            return
        say(f"invalidation {invalidation} {reply['Invalidation']['Status']}", waited)
    raise TimedOut(
        f"invalidation {invalidation} of distribution {distribution} has not ended after {seconds:.0f} s",
        "cloudfront:GetInvalidation",
        "TimedOut",
        "The files are uploaded, and CloudFront continues. Run again to wait for it once more, or raise invalidation_timeout.",
    )


def refused(error: CallFailed, distribution: str) -> CallFailed:
    """The error of an invalidation, with what to do."""
    if error.code == "NoSuchDistribution":
        error.hint = f"No distribution of this account has the id {distribution}. Correct the option distribution; the files are uploaded."
    return error
