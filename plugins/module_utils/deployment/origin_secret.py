# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Puts the values of a secret header into an Ingress on the way to the cluster, and takes them out on the way back.

What plans, records, and messages see is the annotation that names the secret. If the cluster has other values than the secret has now, they
see another text in its place, so that a rotation is a difference.

The values that are admitted are those of AWSCURRENT and, while there is one, AWSPENDING. A rotation adds the pending value, the CDN then
sends it, it becomes the current one, and the next release admits nothing else: no request fails in between.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..application.settings.load_balancers import ANNOTATIONS
from ..application.settings.origin_secret import ORIGIN_SECRET, REFUSING, OriginSecret, parsed
from ..aws.connection import Aws
from ..kubernetes.problems import Refused
from ..reconcile.errors import CallFailed
from ..reconcile.model import SENSITIVE

CONDITIONS = f"{ANNOTATIONS}conditions."
FIELD = "http-header"
OTHER_VALUES = f"{SENSITIVE} the load balancer admits other values than the secret has"
MOST = 128
"""Characters of a header's value that a load balancer compares (RuleCondition, HttpHeaderConfig)."""

Values = Callable[[str], Sequence[str]]
"""The values of a secret, given its name or ARN."""


class Veil:
    """``values``: raises ApiProblem if the secret cannot be used."""

    def __init__(self, values: Values) -> None:
        self._values = values

    def outgoing(self, manifest: Mapping[str, Any]) -> Mapping[str, Any]:
        """The manifest with the condition on every rule that leads to a service."""
        wanted = _wanted(manifest)
        if wanted is None:
            return manifest
        found = copy.deepcopy(dict(manifest))
        found["metadata"]["annotations"] |= dict(self._with_conditions(found, wanted))
        return found

    def incoming(self, live: dict[str, Any] | None) -> dict[str, Any] | None:
        """The live object as if it only had the annotation that names the secret."""
        wanted = _wanted(live or {})
        if live is None or wanted is None:
            return live
        found = copy.deepcopy(live)
        annotations: dict[str, Any] = found["metadata"]["annotations"]
        complete = True
        for service in services_of(found):
            key = f"{CONDITIONS}{service}"
            theirs, ours = _split(annotations.pop(key, None), wanted.header)
            complete = complete and ours == [self._condition(wanted)]
            if theirs:
                annotations[key] = _text(theirs)
        for key in [one for one in annotations if one.startswith(CONDITIONS)]:  # of services that are no longer behind it
            theirs, _ours = _split(annotations[key], wanted.header)
            annotations[key] = _text(theirs)
        if not complete:
            annotations[ORIGIN_SECRET] = OTHER_VALUES
        return found

    def _with_conditions(self, manifest: Mapping[str, Any], wanted: OriginSecret) -> Iterator[tuple[str, str]]:
        for service in services_of(manifest):
            key = f"{CONDITIONS}{service}"
            theirs, _ours = _split(manifest["metadata"]["annotations"].get(key), wanted.header)
            yield key, _text([*theirs, self._condition(wanted)])

    def _condition(self, wanted: OriginSecret) -> dict[str, Any]:
        return {"field": FIELD, "httpHeaderConfig": {"httpHeaderName": wanted.header, "values": list(self._values(wanted.secret))}}


def services_of(ingress: Mapping[str, Any]) -> list[str]:
    """The names by which an Ingress's rules call their backends, whatever a strategy makes of them."""
    rules = (ingress.get("spec") or {}).get("rules") or ()
    paths = [path for rule in rules for path in (rule.get("http") or {}).get("paths") or ()]
    names = [((path.get("backend") or {}).get("service") or {}).get("name") for path in paths]
    return sorted({str(name) for name in names if name and name != REFUSING})


def _wanted(manifest: Mapping[str, Any]) -> OriginSecret | None:
    if manifest.get("kind") != "Ingress":
        return None
    text = ((manifest.get("metadata") or {}).get("annotations") or {}).get(ORIGIN_SECRET)
    if not text:
        return None
    try:
        return parsed(text)
    except ValueError as error:
        raise Refused(f"Ingress {manifest['metadata'].get('name')}: {error}") from error


def _split(text: str | None, header: str) -> tuple[list[Any], list[Any]]:
    """(conditions of others, those on this header)."""
    try:
        found = json.loads(text or "[]")
    except ValueError:
        return [], []
    ours = [one for one in found if (one.get("httpHeaderConfig") or {}).get("httpHeaderName", "").lower() == header]
    return [one for one in found if one not in ours], ours


def _text(conditions: Sequence[Any]) -> str:
    return json.dumps(list(conditions), separators=(",", ":"))


class SecretValues:
    """Reads each secret once. A secret is the text, or the member ``password`` of a JSON object."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._known: dict[str, tuple[str, ...]] = {}

    def __call__(self, secret: str) -> tuple[str, ...]:
        if secret not in self._known:
            self._known[secret] = self._read(secret)
        return self._known[secret]

    def _read(self, secret: str) -> tuple[str, ...]:
        try:
            current = self._version(secret, "AWSCURRENT")
            pending = self._version(secret, "AWSPENDING")
        except CallFailed as error:
            raise Refused(f"the secret {secret} of the origin could not be read: {error.message}. {error.hint}".strip()) from error
        if current is None:
            raise Refused(f"the secret {secret} of the origin has no current value, so that no request could be admitted")
        return tuple(dict.fromkeys(one for one in (current, pending) if one))

    def _version(self, secret: str, stage: str) -> str | None:
        found = self._aws.find("secretsmanager", "get_secret_value", SecretId=secret, VersionStage=stage)
        return value_in(secret, found["SecretString"]) if found else None


def value_in(secret: str, text: str) -> str:
    """The header's value in a secret. Raises Refused, without the value."""
    try:
        found = json.loads(text)
    except ValueError:
        found = text
    value = found.get("password") if isinstance(found, Mapping) else text
    if not isinstance(value, str) or not value.isascii() or not value.isalnum() or not 16 <= len(value) <= MOST:
        raise Refused(f"the secret {secret} of the origin must be 16 to {MOST} letters and digits, as text or as password in a JSON object")
    return value
