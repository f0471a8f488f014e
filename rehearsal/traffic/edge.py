"""The edge in front of distributions: it answers for their names as CloudFront does, from its cache, a bucket, or another origin.

One edge stands for all of CloudFront's, with one cache for each distribution. Changes reach it when the distribution is deployed: until
then it answers with the configuration that it had. Functions run by what they declare: see edge_functions.py. The event loop calls it in a
thread of its own, since it takes the call lock.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any

from rehearsal.accounts import place_of
from rehearsal.extensions.cloudfront_common import Distribution, Document, items, store_at, stores
from rehearsal.extensions.cloudfront_managed import MANAGED
from rehearsal.registry import backend, one_at_a_time
from rehearsal.traffic import edge_decisions as decisions
from rehearsal.traffic.edge_functions import CannotRun, run
from rehearsal.traffic.edge_logs import deliver
from rehearsal.traffic.messages import Request, Response

SERVICE = "cloudfront.amazonaws.com"

Ask = Callable[[str, int, bool, Request], Response | None]
"""(host, port, TLS, request) -> the response of another origin; None if nothing answers there."""


@dataclass(frozen=True)
class Served:
    """What the edge knows of a distribution for one request."""

    distribution: Distribution
    config: Document
    account: str

    @property
    def names(self) -> tuple[str, ...]:
        return (self.distribution.domain_name, *self.distribution.aliases)

    def respond(self, request: Request, ask: Ask, *, tls: bool) -> Response:
        """The response to a viewer."""
        response = _respond(self, request, ask, tls=tls)
        deliver(self.distribution, self.account, request, response)
        return response


def served(host: str, leads_to: str | None) -> Served | None:
    """The distribution that answers for a host: by its own name, or as an alias, unless a record leads the host somewhere else."""
    with one_at_a_time:
        for account, found in stores():
            for one in found.distributions.values():
                elsewhere = leads_to and leads_to != one.domain_name
                if (
                    host == one.domain_name
                    or (host in one.aliases and not elsewhere)
                    or (leads_to == one.domain_name and host in one.aliases)
                ):
                    return Served(one, _deployed(one), account)
        return None


def _deployed(one: Distribution) -> Document:
    """The configuration that has reached the edges."""
    if one.status == "Deployed" or not hasattr(one, "_at_edges"):
        vars(one)["_at_edges"] = one.config
    found: Document = vars(one)["_at_edges"]
    return found


def _respond(at: Served, request: Request, ask: Ask, *, tls: bool) -> Response:
    host = request.host
    behavior = decisions.behavior_of(at.config, request.path)
    if refused := decisions.turned_away(at.config, behavior, request, host, tls=tls):
        return refused
    response = _answer(at, behavior, request, ask)
    if page := decisions.with_error_page(at.config, response.status):
        path, status = page
        other = decisions.behavior_of(at.config, path)
        body = _answer(at, other, _moved(request, path), ask)
        response = Response(status, body.body, body.content_type, body.headers)
    policy = _policy(at, "ResponseHeadersPolicy", behavior)
    return decisions.with_headers(policy, response, request)


def _moved(request: Request, path: str) -> Request:
    return Request(request.method, path, path, request.query, request.headers, request.keeps_open, request.client)


def _answer(at: Served, behavior: Document, request: Request, ask: Ask) -> Response:
    path = request.path
    try:
        path = _rewritten(at, behavior, path)
    except CannotRun as error:
        return decisions.generated(503, f"The function cannot run: {error}")
    if path == "/" and at.config.get("DefaultRootObject"):
        path = f"/{at.config['DefaultRootObject']}"
    cache = _policy(at, "CachePolicy", behavior)
    if cache is None:
        return decisions.generated(502, "The rehearsal needs a cache policy.")
    key = decisions.cache_key(cache, path, request)
    kept = at.distribution.cached.get(key)
    if kept and kept[0] > time.monotonic() and request.method in ("GET", "HEAD"):
        return _marked(kept[1], "Hit from cloudfront")
    response = _from_origin(at, behavior, cache, path, request, ask)
    seconds = decisions.seconds_kept(cache, response)
    if seconds and request.method in ("GET", "HEAD"):
        at.distribution.cached[key] = (time.monotonic() + seconds, response)
    return _marked(response, "Error from cloudfront" if response.status >= 400 else "Miss from cloudfront")


def _marked(response: Response, text: str) -> Response:
    return Response(response.status, response.body, response.content_type, (*response.headers, ("X-Cache", text)))


def _rewritten(at: Served, behavior: Document, path: str) -> str:
    """The path after the function for viewer requests, in its published stage."""
    arns = [one["FunctionARN"] for one in items(behavior.get("FunctionAssociations")) if one["EventType"] == "viewer-request"]
    with one_at_a_time:
        functions = store_at(backend("cloudfront", at.account, "us-east-1")).functions.values()
        found = next((one.stages.get("LIVE") for one in functions if one.arn in arns), None)
        code = found.code if found else None
    return run(code, path) if code is not None else path


def _policy(at: Served, kind: str, behavior: Document) -> Document | None:
    identity = behavior.get(f"{kind}Id")
    with one_at_a_time:
        own = store_at(backend("cloudfront", at.account, "us-east-1")).policies.get(kind, {})
        found = {**MANAGED[kind], **own}.get(str(identity))
        return found.config if found else None


def _from_origin(at: Served, behavior: Document, cache: Document, path: str, request: Request, ask: Ask) -> Response:
    origin = next(one for one in items(at.config["Origins"]) if one["Id"] == behavior["TargetOriginId"])
    sent = decisions.to_origin(origin, cache, _policy(at, "OriginRequestPolicy", behavior), path, request)
    inside = origin.get("VpcOriginConfig")
    custom = _endpoint(at, inside) if inside else origin.get("CustomOriginConfig")
    if custom is None:
        return from_bucket(at, origin, sent.path)
    tls = custom["OriginProtocolPolicy"] != "http-only"
    response = ask(str(origin["DomainName"]), int(custom["HTTPSPort" if tls else "HTTPPort"]), tls, sent)
    return response or decisions.generated(502, f"CloudFront cannot connect to the origin {origin['DomainName']}.")


def _endpoint(at: Served, config: Document) -> Document:
    """The ports and the protocol of a VPC origin. Its load balancer answers for the origin's name, as for any other."""
    with one_at_a_time:
        return store_at(backend("cloudfront", at.account, "us-east-1")).vpc_origins[str(config["VpcOriginId"])].config


def from_bucket(at: Served, origin: Document, path: str) -> Response:
    """The object, if the bucket's policy admits this distribution, as a signed request of CloudFront gets it."""
    from rehearsal.extensions.s3_access import key_admits, service_may
    from rehearsal.extensions.s3_common import owned

    name, key, arn = str(origin["DomainName"]).partition(".s3")[0], path.lstrip("/"), at.distribution.arn
    signed = bool(origin.get("OriginAccessControlId"))
    asked = {"source_arn": arn, "source_account": place_of(arn).account_id}
    with one_at_a_time:
        bucket = owned(name)
        if bucket is None:
            return _refused(404, "NoSuchBucket", "The specified bucket does not exist")
        if not signed or not service_may(name, SERVICE, "s3:GetObject", key, **asked):
            return _refused(403, "AccessDenied", "Access Denied")
        found: Any = bucket.keys.get(key)
        if found is None:
            listing = service_may(name, SERVICE, "s3:ListBucket", **asked)
            return (
                _refused(404, "NoSuchKey", "The specified key does not exist.")
                if listing
                else _refused(403, "AccessDenied", "Access Denied")
            )
        if found.kms_key_id and not key_admits(found.kms_key_id, SERVICE, "kms:Decrypt", source_arn=arn):
            return _refused(403, "AccessDenied", "The ciphertext refers to a key that you cannot use.")
        metadata = {str(header).lower(): str(value) for header, value in found.metadata.items()}
        headers = [("ETag", str(found.etag)), ("Last-Modified", format_datetime(found.last_modified))]
        headers += [("Cache-Control", metadata["cache-control"])] if "cache-control" in metadata else []
        return Response(200, bytes(found.value), metadata.get("content-type", "binary/octet-stream"), tuple(headers))


def _refused(status: int, code: str, text: str) -> Response:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{text}</Message></Error>'
    return Response(status, body.encode(), "application/xml", (("Server", "AmazonS3"),))
