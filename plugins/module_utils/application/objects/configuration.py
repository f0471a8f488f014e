# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ConfigMaps, and what fetches or holds secrets. Pure functions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from ...reconcile.model import is_unknown
from ..settings.accounts import ServiceAccount
from ..settings.configuration import Configuration, Secret
from ..settings.facts import Facts
from .common import Manifest, made

GENERATE = "mainstay.aws/generate"
"""The annotation of a Secret whose values are made in the cluster once: lengths by key, as JSON."""

PLAIN_MEMBER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def config_maps(all_of_them: Iterable[Configuration], facts: Facts) -> list[Manifest]:
    return [made(facts, "v1", "ConfigMap", one.object_name, "configuration", immutable=True, data=dict(one.values)) for one in all_of_them]


def secret_objects(all_of_them: Iterable[Secret], facts: Facts, account: ServiceAccount) -> list[Manifest]:
    found: list[Manifest] = []
    for one in all_of_them:
        if one.source == "external":
            found.append(external_secret(one, facts))
        elif one.source == "csi":
            found.append(provider_class(one, facts, account))
        elif one.source == "generate":
            lengths = {GENERATE: json.dumps(dict(one.lengths), sort_keys=True)}
            found.append(made(facts, "v1", "Secret", one.object_name, "secret", lengths, type="Opaque"))
    return found


def external_secret(one: Secret, facts: Facts) -> Manifest:
    """External Secrets copies a secret of AWS into a Secret. That outlives its source: pods still start if the source is gone."""
    spec: Manifest = {
        "refreshInterval": one.refresh,
        "secretStoreRef": {"name": one.store, "kind": one.store_kind},
        "target": {"name": one.object_name, "creationPolicy": "Owner", "deletionPolicy": "Retain"},
    }
    if one.properties:
        spec["data"] = [
            {"secretKey": key, "remoteRef": {"key": one.key, "property": member}} for key, member in sorted(one.properties.items())
        ]
    else:
        spec["dataFrom"] = [{"extract": {"key": one.key}}]
    return made(facts, "external-secrets.io/v1", "ExternalSecret", one.name, "secret", spec=spec)


def provider_class(one: Secret, facts: Facts, account: ServiceAccount) -> Manifest:
    """What the CSI driver mounts (AWS Secrets Manager User Guide, "SecretProviderClass")."""
    entry: Manifest = {"objectName": one.key, "objectType": one.type}
    if one.properties:
        entry["jmesPath"] = [{"path": _member(member), "objectAlias": key} for key, member in sorted(one.properties.items())]
    else:
        entry["objectAlias"] = one.name
    parameters = {"objects": json.dumps([entry], sort_keys=True)}
    if facts.cluster.region and not is_unknown(facts.cluster.region):
        parameters["region"] = facts.cluster.region
    if account.uses_agent:
        parameters["usePodIdentity"] = "true"
    spec: Manifest = {"provider": "aws", "parameters": parameters}
    if one.object_name:
        data = [{"objectName": key, "key": key} for key in sorted(one.properties)]
        spec["secretObjects"] = [{"secretName": one.object_name, "type": "Opaque", "data": data}]
    return made(facts, "secrets-store.csi.x-k8s.io/v1", "SecretProviderClass", one.name, "secret", spec=spec)


def _member(name: str) -> str:
    """A member of a JSON document in JMESPath, which quotes names with other characters than those of identifiers."""
    return name if PLAIN_MEMBER.fullmatch(name) else json.dumps(name)
