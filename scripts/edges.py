"""Asks the distributions that a rehearsal has built, as clients would, and tries to go around them. Uses boto3 and HTTP alone."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from scripts.applications import SECONDS, ask
from scripts.terminal import Problem


@dataclass(frozen=True)
class Way:
    """A path of a distribution that leads to a host: the name that clients use, the path, and the host."""

    name: str
    path: str
    host: str

    @property
    def url(self) -> str:
        return f"https://{self.name}{self.path}"


@dataclass(frozen=True)
class Edge:
    """A distribution: what clients call it, whether its default behavior leads to a bucket, that bucket's host name, and its other ways."""

    name: str
    bucket: str
    ways: tuple[Way, ...]


def edges(cloud: Mapping[str, Any]) -> list[Edge]:
    """The enabled distributions of the account."""
    credentials = cloud["credentials"]["apply"]
    session = boto3.Session(credentials["access_key_id"], credentials["secret_access_key"], region_name=cloud["region"])
    client = session.client("cloudfront", endpoint_url=cloud["endpoint"])
    pages = client.get_paginator("list_distributions").paginate()
    found = [one for page in pages for one in page["DistributionList"].get("Items", ()) if one["Enabled"]]
    return [edge_of(one) for one in found]


def edge_of(summary: Mapping[str, Any]) -> Edge:
    """``summary``: as ListDistributions returns it."""
    aliases = sorted(one for one in summary["Aliases"].get("Items", ()) if "*" not in one)
    name = str(aliases[0] if aliases else summary["DomainName"])
    origins = {one["Id"]: one for one in summary["Origins"]["Items"]}
    default = origins[summary["DefaultCacheBehavior"]["TargetOriginId"]]
    behaviors = [
        ("/*", default),
        *((one["PathPattern"], origins[one["TargetOriginId"]]) for one in summary["CacheBehaviors"].get("Items", ())),
    ]
    ways = tuple(Way(name, pattern.rstrip("*"), one["DomainName"]) for pattern, one in behaviors if "CustomOriginConfig" in one)
    return Edge(name, "" if "CustomOriginConfig" in default else str(default["DomainName"]), ways)


def front_doors(found: list[Edge]) -> dict[str, str]:
    """How clients reach hosts that are behind distributions: host -> URL."""
    return {way.host: way.url for edge in found for way in edge.ways}


def answers(cloud: Mapping[str, Any]) -> list[str]:
    """What clients get; for people. Raises Problem if somebody can go around a distribution."""
    return [line for edge in edges(cloud) for line in _answers(cloud, edge)]


def _answers(cloud: Mapping[str, Any], edge: Edge) -> Iterator[str]:
    yield from ("", f"Distribution https://{edge.name}/, through the rehearsal's proxy:")
    if edge.bucket:
        page = ask(cloud, f"https://{edge.name}/")
        yield f"    /: {page.words}"
        status = _anonymous(f"{cloud['endpoint']}/{edge.bucket.partition('.s3.')[0]}/index.html")
        _refused(f"the bucket {edge.bucket}", status)
        yield f"    the bucket itself: {status}"
    for way in edge.ways:
        yield f"    {way.path}: {ask(cloud, way.url).words}"
        direct = ask(cloud, f"https://{way.host}{way.path}")
        _refused(f"the load balancer {way.host} without the distribution's header", direct.status)
        yield f"    {way.host} without the header: {direct.status}"


def _anonymous(url: str) -> int:
    """The status of a request without credentials."""
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        return error.code


def _refused(what: str, status: int) -> None:
    if status == 200:
        raise Problem(f"{what} answers clients that go around the distribution.")
