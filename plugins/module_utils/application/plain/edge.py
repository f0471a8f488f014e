# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Ingresses of plain manifests with the web ACL and the secret header that the settings name. Pure functions."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ...inputs.problems import Problems
from ...kubernetes.objects import spec
from ..objects.common import Manifest
from ..objects.ingress import refusing_backend
from ..settings.around_manifests import Around
from ..settings.load_balancers import ANNOTATIONS
from ..settings.origin_secret import ORIGIN_SECRET, refusal
from .completing import Plain

WEB_ACL = f"{ANNOTATIONS}wafv2-acl-arn"
INTERNAL = "internal"
"""The scheme of an Ingress without the annotation."""


def with_edge(objects: Sequence[Plain], around: Around, problems: Problems) -> list[Plain]:
    """The objects, with completed Ingresses."""
    if not any(one.wanted.kind == "Ingress" for one in objects):
        problems.messages.append(f"{around.path} is given, but the manifests contain no Ingress; remove it")
    return [_completed(one, around, problems) if one.wanted.kind == "Ingress" else one for one in objects]


def _completed(one: Plain, around: Around, problems: Problems) -> Plain:
    problems.messages += _contradictions(one, around)
    manifest: Manifest = copy.deepcopy(dict(one.manifest))
    annotations = manifest["metadata"].setdefault("annotations", {})
    if around.web_acl:
        annotations[WEB_ACL] = around.web_acl
    if around.origin_secret:
        annotations |= {ORIGIN_SECRET: around.origin_secret.annotation, **refusal()}
        manifest["spec"]["defaultBackend"] = refusing_backend()
    return replace(one, wanted=replace(one.wanted, manifest=manifest))


def _contradictions(one: Plain, around: Around) -> Iterator[str]:
    annotations = one.manifest["metadata"].get("annotations") or {}
    scheme = annotations.get(f"{ANNOTATIONS}scheme") or INTERNAL
    if scheme != around.scheme:
        yield f"{one.place} is {scheme}, but {around.path}.scheme is {around.scheme!r}; they must agree"
    if around.web_acl and WEB_ACL in annotations:
        yield f"{one.place} has the annotation {WEB_ACL}, and {around.path}.web_acl is given as well; keep one of the two"
    if around.origin_secret and spec(one.manifest).get("defaultBackend"):
        yield f"{one.place} has a defaultBackend, which requests without the header of {around.path}.origin_secret would reach; remove it"
    if around.origin_secret and annotations.get(f"{ANNOTATIONS}group.name"):
        yield f"{one.place} shares a load balancer (group.name), whose other members could let requests past {around.path}.origin_secret"
