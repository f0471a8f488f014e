"""Labels and taints of node groups: what EKS rejects, and what it accepts although no kubelet registers with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.replies import Refusal

RESERVED = ("kubernetes.io/", "k8s.io/", "eks.amazonaws.com/")
LONGEST = 63
MOST = 50
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
PREFIX = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
OF_KUBELET = re.compile(r"(?:.+\.)?(?:kubelet|node)\.kubernetes\.io")
OF_KUBERNETES = re.compile(r"(?:.+\.)?(?:kubernetes|k8s)\.io")


def check_labels(labels: Mapping[str, str]) -> None:
    """EKS's own check: lengths, number, and prefixes that begin with a reserved one."""
    if len(labels) > MOST:
        raise _invalid(f"A node group has at most {MOST} labels, not {len(labels)}")
    for key, value in labels.items():
        if not 1 <= len(key) <= LONGEST or not 1 <= len(str(value)) <= LONGEST:
            raise _invalid(f"Label {key}={value}: keys and values must have 1 to {LONGEST} characters")
        if key.startswith(RESERVED):
            raise _invalid(f"Label cannot contain reserved prefixes [{', '.join(RESERVED)}]")


def check_taints(taints: Iterable[Mapping[str, str]]) -> None:
    given = list(taints)
    if len(given) > MOST:
        raise _invalid(f"A node group has at most {MOST} taints, not {len(given)}")
    for taint in given:
        if not 1 <= len(taint.get("key", "")) <= LONGEST or len(taint.get("value") or "") > LONGEST:
            raise _invalid(f"Taint {taint.get('key')}: keys have 1 to {LONGEST} characters, values at most {LONGEST}")


def _invalid(text: str) -> Refusal:
    return Refusal("InvalidParameterException", text)


def registers(group: Any) -> bool:
    """Whether a kubelet starts and registers its node with the group's labels and taints."""
    taken = [(taint["key"], taint["effect"]) for taint in group.taints]
    marks = [(key, str(value)) for key, value in group.labels.items()] + [
        (taint["key"], taint.get("value") or "") for taint in group.taints
    ]
    return (
        len(taken) == len(set(taken))
        and all(_is_mark(key, value) for key, value in marks)
        and all(_is_allowed(key) for key in group.labels)
    )


def _is_mark(key: str, value: str) -> bool:
    prefix, slash, name = key.rpartition("/")
    return bool(NAME.fullmatch(name) and (not slash or PREFIX.fullmatch(prefix)) and (not value or NAME.fullmatch(value)))


def _is_allowed(key: str) -> bool:
    prefix = key.rpartition("/")[0]
    return not OF_KUBERNETES.fullmatch(prefix) or bool(OF_KUBELET.fullmatch(prefix))
