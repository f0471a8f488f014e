# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The syntax of Kubernetes: names, and the labels and taints of nodes. Pure functions.

A label that the kubelet refuses passes EKS's own checks, and then no node joins: CreateNodegroup fails after half an hour. Each function
returns why a value is refused, as the end of a sentence ("it must ..."), or an empty string.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

QUALIFIED_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?")
SUBDOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
LONGEST_PART, LONGEST_PREFIX = 63, 253
"""Characters of a name or a value, and of a prefix (kubernetes.io/docs/concepts/overview/working-with-objects/labels)."""

LONGEST_ON_NODES = 63
"""Characters that EKS accepts for the whole key of a label or a taint of a node group, with its prefix (CreateNodegroup)."""

OF_KUBERNETES = ("kubernetes.io", "k8s.io")
OF_KUBELET = ("kubelet.kubernetes.io", "node.kubernetes.io")
"""The prefixes of Kubernetes that a kubelet may give its own node (NodeRestriction; kubelet --node-labels)."""

OF_EKS = "eks.amazonaws.com"
SET_BY_KUBERNETES = ("node.kubernetes.io/instance-type", "node.kubernetes.io/windows-build")
"""Labels below the allowed prefixes that Kubernetes and AWS set to what the node is."""

CONDITIONS = (
    *(
        f"node.kubernetes.io/{name}"
        for name in ("disk-pressure", "memory-pressure", "network-unavailable", "not-ready", "pid-pressure", "unreachable", "unschedulable")
    ),
    "node.cloudprovider.kubernetes.io/shutdown",
    "node.cloudprovider.kubernetes.io/uninitialized",
)
"""Taints that Kubernetes sets and removes by the state of a node."""


def key_problem(key: str) -> str:
    """The key of a label, a taint or an annotation: a name, or a DNS subdomain, a slash and a name."""
    prefix, slash, name = key.rpartition("/")
    if slash and (not SUBDOMAIN.fullmatch(prefix) or len(prefix) > LONGEST_PREFIX):
        return f"the prefix before the slash must be a DNS name of at most {LONGEST_PREFIX} lower-case characters, such as example.com"
    if not QUALIFIED_NAME.fullmatch(name) or len(name) > LONGEST_PART:
        what = "the name after the slash" if slash else "it"
        return f"{what} must be at most {LONGEST_PART} letters, digits, -, _ and ., beginning and ending with a letter or digit"
    return ""


def value_problem(value: str) -> str:
    """The value of a label or a taint."""
    if value and (len(value) > LONGEST_PART or not QUALIFIED_NAME.fullmatch(value)):
        return f"the value must be at most {LONGEST_PART} letters, digits, -, _ and ., beginning and ending with a letter or digit"
    return ""


def label_problem(key: str, value: str) -> str:
    """A label of any object."""
    return key_problem(key) or value_problem(value)


def node_label_problem(key: str, value: str) -> str:
    """A label of a node group: besides the syntax, what the kubelet and EKS leave to users."""
    if wrong := label_problem(key, value):
        return wrong
    if len(key) > LONGEST_ON_NODES:
        return f"the key has {len(key)} characters, and EKS accepts {LONGEST_ON_NODES} with its prefix"
    if not value:
        return "the value is empty, and EKS needs at least one character; write a value such as 'true'"
    return _reserved_label(key)


def _reserved_label(key: str) -> str:
    prefix = key.rpartition("/")[0]
    if _below(prefix, (OF_EKS,)):
        return f"the prefix {OF_EKS} is reserved for EKS; choose a prefix of your own, such as example.com"
    if key in SET_BY_KUBERNETES:
        return "Kubernetes sets this label itself, to what the node is; leave it out"
    if _below(prefix, OF_KUBERNETES) and not _below(prefix, OF_KUBELET):
        return (
            f"the kubelet refuses labels of {' and '.join(OF_KUBERNETES)} except those of {' and '.join(OF_KUBELET)}, so no node would "
            "join; choose a prefix of your own, such as example.com"
        )
    return ""


def taint_problem(taint: Mapping[str, str]) -> str:
    """A taint of a node group: {key, value, effect}; the value may be absent."""
    key = taint["key"]
    if wrong := key_problem(key) or value_problem(taint.get("value", "")):
        return wrong
    if len(key) > LONGEST_ON_NODES:
        return f"the key has {len(key)} characters, and EKS accepts {LONGEST_ON_NODES} with its prefix"
    if _below(key.rpartition("/")[0], (OF_EKS,)):
        return f"the prefix {OF_EKS} is reserved for EKS; choose a prefix of your own, such as example.com"
    if key in CONDITIONS:
        return "Kubernetes sets and removes this taint itself, by the state of the node; choose another key"
    return ""


def _below(prefix: str, domains: tuple[str, ...]) -> bool:
    return any(prefix == domain or prefix.endswith(f".{domain}") for domain in domains)
