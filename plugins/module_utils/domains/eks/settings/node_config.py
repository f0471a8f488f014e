# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""NodeConfig, the configuration of nodeadm, which starts nodes of Amazon Linux. Pure functions.

nodeadm merges all NodeConfigs of a node, those of EKS among them (awslabs.github.io/amazon-eks-ami/nodeadm/doc/api). What EKS sets itself,
and what has a setting of its own in a node group, is refused: otherwise two places would decide it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

NODE_CONFIG = "application/node.eks.aws"
API = "node.eks.aws/v1alpha1"
KIND = "NodeConfig"
MEMBERS = ("apiVersion", "kind", "metadata", "spec")

SET_BY_EKS = "EKS sets it; remove it"
OWN_SETTINGS = {
    "cluster": SET_BY_EKS,
    "kubelet.maxPodsExpression": "EKS overrides it; set max_pods of the group",
    "kubelet.config.maxPods": "set max_pods of the group instead",
    "kubelet.config.registerWithTaints": "set taints of the group instead",
}
"""Member of the specification -> why it is refused."""

OWN_FLAGS = {
    "--max-pods": "set max_pods of the group instead",
    "--node-labels": "set labels of the group instead",
    "--register-with-taints": "set taints of the group instead",
}
"""Flag of the kubelet -> why it is refused."""


def as_node_config(value: Any) -> dict[str, Any] | None:
    """A NodeConfig from a mapping or from YAML; None if the value is none. API version and kind may be left out of a mapping."""
    given = _loaded(value) if isinstance(value, str) else value
    if not isinstance(given, Mapping) or not isinstance(given.get("spec"), Mapping) or set(given) - set(MEMBERS):
        return None
    document = {"apiVersion": API, "kind": KIND, **given}
    fits = document["kind"] == KIND and str(document["apiVersion"]).partition("/")[0] == API.partition("/")[0]
    return document if fits else None


def _loaded(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return None


def mistakes_in(document: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """(path in the document, value, remedy) of everything in it that another place decides."""
    spec = document["spec"]
    for path, remedy in OWN_SETTINGS.items():
        value = _at(spec, path.split("."))
        if value is not None:
            yield f"spec.{path}", value, remedy
    flags = _at(spec, ["kubelet", "flags"])
    for flag in flags if isinstance(flags, list | tuple) else ():
        if instead := OWN_FLAGS.get(str(flag).partition("=")[0]):
            yield "spec.kubelet.flags", flag, instead


def _at(value: Any, names: list[str]) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
