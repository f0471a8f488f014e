# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The two layouts of an edge, and what contradicts the chosen one. Pure functions.

``everything``: clients reach CloudFront alone, and it passes requests on to load balancers. ``buckets``: clients reach load balancers
directly, and CloudFront serves files. Without a mode, nothing is checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...inputs.problems import Problems
from .settings.distributions import Distribution
from .settings.web_acls import WebAcl

OPTION = "edge_mode"
EVERYTHING, BUCKETS = "everything", "buckets"
MODES = (EVERYTHING, BUCKETS)
SCOPES: Mapping[str, tuple[str, ...]] = {EVERYTHING: ("cloudfront",), BUCKETS: ("alb",)}
"""The scopes of web ACLs that name none: what clients reach is protected."""


def usual_scopes(mode: Any) -> tuple[str, ...]:
    return SCOPES.get(str(mode or ""), ())


def check(mode: Any, described: Mapping[str, Mapping[str, Any]], problems: Problems) -> None:
    """Record what contradicts the mode. ``described``: the settings of all parts by option."""
    if not mode:
        return
    if mode not in MODES:
        problems.add(OPTION, mode, f"it must be {EVERYTHING} or {BUCKETS}")
        return
    distributions, acls = (described.get(name) or {} for name in ("distributions", "web_acls"))
    found = _everything if mode == EVERYTHING else _buckets
    problems.messages.extend(found(distributions, acls))


def _everything(distributions: Mapping[str, Distribution], acls: Mapping[str, WebAcl]) -> Iterator[str]:
    known = [name for name, acl in acls.items() if "cloudfront" in acl.scopes]
    for one in distributions.values():
        for origin in one.origins.values():
            if not (origin.bucket or origin.secret or origin.headers or origin.load_balancer_arn):
                yield (
                    f"{origin.path}: with {OPTION} {EVERYTHING}, nobody may go around the distribution; set origin_secret, the name in "
                    "origin_secrets of a header that the load balancer demands"
                )
        if known and not (one.web_acl or one.web_acl_arn):
            named = ", ".join(known)
            yield f"{one.path}.web_acl is missing: with {OPTION} {EVERYTHING}, web ACLs protect distributions; name one of {named}"
    for acl in acls.values():
        by_address = [name for name, rules in (("rate_limits", acl.rate_limits), ("ip_sets", acl.ip_sets)) if rules]
        if "alb" in acl.scopes and by_address:
            yield (
                f"{acl.path}.scopes has alb, but with {OPTION} {EVERYTHING}, load balancers see the addresses of CloudFront, so that its "
                f"{' and '.join(by_address)} would meet all clients at once; leave scopes out, or make a web ACL without them for alb"
            )


def _buckets(distributions: Mapping[str, Distribution], _acls: Mapping[str, WebAcl]) -> Iterator[str]:
    for one in distributions.values():
        for origin in one.origins.values():
            if not origin.bucket:
                yield (
                    f"{origin.path}.domain_name is {origin.domain_name!r}, but with {OPTION} {BUCKETS}, CloudFront serves buckets alone, "
                    f"and clients reach load balancers directly; remove the origin, or set {OPTION} to {EVERYTHING}"
                )
