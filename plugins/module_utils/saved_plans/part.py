# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The saved plan of one component, as plain data::

    host, module, environment, component
    target: {account_id, region, partition, endpoint}        endpoint: null for AWS itself
    consent: {allow_replace: [...], purge: [...]}
    desired: [{kind, name, properties, after}]               references as {$ref: address, attribute, prefix, suffix}
    observed: [{kind, address, id, state, properties, attributes}]
    actions: [...]                                           as in the plan that a module returns
    unchanged: 42                                            how many resources stay as they are
    fingerprints: {desired, observed, actions}               SHA-256 of their canonical JSON

It does not record who made the plan or when, so two plans of one state are equal. Properties with the role "secret" and all no_log values
given to the module appear as ``(sensitive)``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..reconcile import report
from ..reconcile.engine import Result
from ..reconcile.model import SENSITIVE, Kind, Observed, Resource, refs_in
from ..reconcile.planner import Consent
from .values import encode, fingerprint, masked, masked_together

Part = Mapping[str, Any]

SECTIONS = ("desired", "observed", "actions")
IDENTITY = ("module", "environment", "component")


@dataclass(frozen=True)
class Context:
    """Whose plan it is, where it applies, and which strings must never be written to the file."""

    identity: Mapping[str, str]
    target: Mapping[str, Any]
    host: str = ""
    secrets: Collection[str] = ()


def make_part(
    context: Context, desired: Sequence[Resource], observed: Sequence[Observed], result: Result, kinds: Mapping[str, Kind], consent: Consent
) -> dict[str, Any]:
    """Everything about one component that an apply needs in order to do what was planned and nothing else."""
    shown = report.plan_dict(result, True)
    sections = {
        "desired": encoded_desired(desired, kinds, context.secrets),
        "observed": encoded_observed(observed, desired, kinds, context.secrets),
        "actions": [encoded_action(action, context.secrets) for action in shown["actions"]],
    }
    return {
        "host": context.host or context.identity["component"],
        **context.identity,
        "target": dict(context.target),
        "consent": encoded_consent(consent),
        "unchanged": shown["counts"]["unchanged"],
        **sections,
        "fingerprints": fingerprints(sections),
    }


def fingerprints(part: Part) -> dict[str, str]:
    return {name: fingerprint(part.get(name)) for name in SECTIONS}


def encoded_consent(consent: Consent) -> dict[str, list[str]]:
    """The patterns; a pattern that matches everything if the call deletes the whole component."""
    return {"allow_replace": sorted(set(consent.replace)), "purge": ["*"] if consent.everything else sorted(set(consent.purge))}


def is_secret(kind: Kind, name: str) -> bool:
    return name in kind.properties and kind.properties[name].role == "secret"


def encoded_desired(desired: Sequence[Resource], kinds: Mapping[str, Kind], secrets: Collection[str] = ()) -> list[dict[str, Any]]:
    """The desired resources, sorted by address."""
    return [
        {
            "kind": resource.kind,
            "name": resource.name,
            "properties": {
                name: SENSITIVE if is_secret(kinds[resource.kind], name) else masked(encode(value), secrets)
                for name, value in resource.properties.items()
            },
            "after": sorted(resource.after),
        }
        for resource in sorted(desired, key=lambda one: one.address)
    ]


def encoded_observed(
    observed: Sequence[Observed], desired: Sequence[Resource], kinds: Mapping[str, Kind], secrets: Collection[str] = ()
) -> list[dict[str, Any]]:
    """The observed resources. Of their attributes, only ARNs, which others may contain, and those that something refers to.

    The other attributes are handles, which change on their own.
    """
    described = {resource.address: resource.properties for resource in desired}
    wanted: dict[str, set[str]] = {seen.address: {"arn"} for seen in observed}
    for resource in desired:
        for reference in refs_in(dict(resource.properties)):
            wanted.setdefault(reference.address, set()).add(reference.attribute)
    return [
        {
            "kind": seen.kind,
            "address": seen.address,
            "id": seen.id,
            "state": seen.state,
            **({} if seen.marked is None else {"marked": seen.marked}),
            **({"named": True} if seen.named else {}),
            "properties": _observed_properties(seen, described.get(seen.address, {}), kinds[seen.kind], secrets),
            "attributes": masked(
                encode({name: seen.attributes[name] for name in sorted(wanted.get(seen.address, ())) if name in seen.attributes}), secrets
            ),
        }
        for seen in sorted(observed, key=lambda one: (one.address, one.id))
    ]


def _observed_properties(seen: Observed, described: Mapping[str, Any], kind: Kind, secrets: Collection[str]) -> dict[str, Any]:
    found = {}
    for name, value in seen.properties.items():
        if not is_secret(kind, name):
            there = encode(value)
            found[name] = masked_together(there, encode(described[name]), secrets)[0] if name in described else masked(there, secrets)
    return found


def encoded_action(action: Mapping[str, Any], secrets: Collection[str] = ()) -> dict[str, Any]:
    """One action of a plan as its module shows it, without the values that only an apply can fill in."""
    reported = {name: action[name] for name in ("address", "kind", "action", "reason", "consent", "asks_for", "hint", "id")}
    changes = []
    for change in action["changes"]:
        before, after = masked_together(encode(change["before"]), encode(change["after"]), secrets)
        shown = {"shown": masked(encode(change["shown"]), secrets)} if "shown" in change else {}
        changes.append({**change, "before": before, "after": after, **shown})
    return {**reported, "reason": masked(reported["reason"], secrets), "changes": changes}
