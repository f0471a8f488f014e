"""Values of the emulated Secrets Manager and Parameter Store, as controllers of clusters read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rehearsal import registry
from rehearsal.registry import Call
from rehearsal.replies import Refusal
from rehearsal.settings import Settings


@dataclass(frozen=True)
class Place:
    """The account and region of a cluster."""

    account: str
    region: str

    def call(self, service: str, operation: str, region: str, **parameters: Any) -> Call:
        return Call(service, operation, region or self.region, self.account, "apply", False, parameters, Settings())


def secret(place: Place, region: str, key: str, version: str = "", stage: str = "") -> tuple[str, str]:
    """(value, version) of a secret: of a version, or of a stage, by default the current one. Raises Refusal."""
    registry.prepare("secretsmanager")
    from rehearsal.extensions.secretsmanager_values import get

    named = {"VersionId": version} if version else {"VersionStage": stage or "AWSCURRENT"}
    found = get(place.call("secretsmanager", "GetSecretValue", region, SecretId=key, **named))
    text, binary = found.get("SecretString"), found.get("SecretBinary")
    return str(text) if text is not None else (binary or b"").decode(errors="replace"), str(found.get("VersionId"))


def parameter(place: Place, region: str, key: str) -> tuple[str, str]:
    """(value, version) of a parameter. Raises Refusal."""
    registry.prepare("ssm")
    found = place.call("ssm", "GetParameter", region).backend.get_parameter(key)
    if found is None:
        raise Refusal("ParameterNotFound", f"Parameter {key} not found.")
    described = found.response_object(decrypt=True)
    return str(described["Value"]), str(described.get("Version"))


def secret_names(place: Place, region: str) -> list[str]:
    registry.prepare("secretsmanager")
    present = place.call("secretsmanager", "ListSecrets", region).backend.secrets
    return sorted({str(each.name) for each in dict.values(present)})
