"""Available add-ons: their versions for each Kubernetes minor, their configuration, and validation of requests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.extensions.eks_addon_catalog import CATALOG, Product
from rehearsal.extensions.eks_common import page
from rehearsal.kubernetes import VERSIONS
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

TYPES: Mapping[str, tuple[type, ...]] = {"object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "boolean": (bool,)}
ON_FARGATE = ("coredns", "metrics-server")
KINDS_OF_VALUE = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


@answers("eks", "DescribeAddonVersions")
def describe_versions(call: Call) -> Any:
    """If nothing matches, the list is empty; this is not an error."""
    minors = [call.get("kubernetesVersion")] if call.get("kubernetesVersion") else list(VERSIONS)
    found = []
    for product in CATALOG.values():
        wanted = {"addonName": product.name}
        lists = {"types": product.kind, "publishers": product.publisher, "owners": product.owner}
        if any(call.get(name) not in (None, value) for name, value in wanted.items()):
            continue
        if any(call.get(name) and value not in call.get(name) for name, value in lists.items()):
            continue
        if versions := [
            _described(product, version, minors) for version in product.versions if set(minors) & set(product.versions[version])
        ]:
            found.append(
                {
                    "addonName": product.name,
                    "type": product.kind,
                    "addonVersions": versions,
                    "publisher": product.publisher,
                    "owner": product.owner,
                    "defaultNamespace": product.namespace,
                }
            )
    return page(call, "addons", found)


def _described(product: Product, version: str, minors: list[Any]) -> dict[str, Any]:
    return {
        "addonVersion": version,
        "architecture": ["amd64", "arm64"],
        "computeTypes": ["ec2", "auto", "fargate"] if product.name in ON_FARGATE else ["ec2", "auto"],
        "compatibilities": [
            {"clusterVersion": minor, "platformVersions": ["*"], "defaultVersion": product.defaults[minor] == version}
            for minor in minors
            if minor in product.versions[version]
        ],
        "requiresConfiguration": False,
        "requiresIamPermissions": bool(product.accounts),
    }


@answers("eks", "DescribeAddonConfiguration")
def describe_configuration(call: Call) -> Any:
    product = product_of(call.get("addonName"))
    if call.get("addonVersion") not in product.versions:
        raise Refusal("InvalidParameterException", "Addon version specified is not supported")
    accounts = [{"serviceAccount": name, "recommendedManagedPolicies": list(policies)} for name, policies in product.accounts.items()]
    return {
        "addonName": product.name,
        "addonVersion": call.get("addonVersion"),
        "configurationSchema": json.dumps(product.schema()),
        "podIdentityConfiguration": accounts,
    }


# --- validation, also used when an add-on is created or updated ---


def product_of(name: Any, minor: str | None = None) -> Product:
    """The add-on with this name; raises Refusal if it does not exist or does not support this Kubernetes minor."""
    product = CATALOG.get(str(name))
    if product is None or (minor and not product.fitting(minor)):
        text = f"Addon {name} specified is not supported in {minor} kubernetes version" if minor else "Addon specified is not supported"
        raise Refusal("InvalidParameterException", text)
    return product


def check_version(product: Product, version: str, minor: str) -> None:
    if version not in product.fitting(minor):
        raise Refusal("InvalidParameterException", "Addon version specified is not supported")


def check_step(product: Product, old: str, new: str) -> None:
    """The VPC CNI can move only one minor version at a time, in either direction."""
    if product.name == "vpc-cni" and abs(_minor(old) - _minor(new)) > 1:
        raise Refusal("InvalidParameterException", "Updating VPC-CNI can only go up or down 1 minor version at a time")


def _minor(version: str) -> int:
    found = re.match(r"v\d+\.(\d+)\.", version)
    return int(found[1]) if found else 0


def check_configuration(product: Product, text: str | None) -> None:
    """Rejects a configuration that is not JSON or does not match the add-on's schema."""
    if not text:
        return
    before = "ConfigurationValue provided in request is not supported:"
    try:
        given = json.loads(text)
    except ValueError as error:
        raise Refusal("InvalidParameterException", f"{before} it is not valid JSON: {error}") from None
    if mistakes := list(mistakes_in(given, product.schema())):
        raise Refusal("InvalidParameterException", f"{before} Json schema validation failed with error: [{', '.join(mistakes)}]")


def mistakes_in(value: Any, schema: Mapping[str, Any], path: str = "$") -> Iterator[str]:
    """Violations of a JSON schema; supports only the keywords used here."""
    kind = str(schema["type"])
    if not isinstance(value, TYPES[kind]) or (kind == "integer" and isinstance(value, bool)):
        yield f"{path}: {KINDS_OF_VALUE[type(value)]} found, {kind} expected"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: does not have a value in the enumeration {json.dumps(schema['enum'])}"
    if kind == "integer" and value < schema.get("minimum", value):
        yield f"{path}: must have a minimum value of {schema['minimum']}"
    if not isinstance(value, dict):
        return
    known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    for name, item in value.items():
        if name in known:
            yield from mistakes_in(item, known[name], f"{path}.{name}")
        elif others is False:
            yield f"{path}.{name}: is not defined in the schema and the schema does not allow additional properties"
        elif others is not True:
            yield from mistakes_in(item, others, f"{path}.{name}")
