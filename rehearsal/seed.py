"""The initial contents of an account, before an inventory is applied: read from a file, validated, and created in a cloud.

    seed = load(Path("inventories/prod/rehearsal/seed.yml"), region="af-south-1")
    print(apply(seed, cloud))

A seed can be applied repeatedly; existing resources are left unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from rehearsal import seed_calls, seed_sections, seed_vocabulary
from rehearsal.extensions.ec2_regions import OPT_IN
from rehearsal.seed_account import Account, SeedError, described

__all__ = ["PLACE", "SeedError", "apply", "load"]

# Where a seed is kept in its inventory's folder; ansible.cfg excludes the folder from the inventory.
PLACE = Path("rehearsal") / "seed.yml"

Seed = Mapping[str, Any]


def load(path: Path, region: str) -> Seed:
    """The seed in a file. Raises SeedError that lists every mistake in it."""
    try:
        content = yaml.safe_load(path.read_text())
    except OSError as error:
        raise SeedError(f"the seed {path} cannot be read: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise SeedError(f"the seed {path} is not YAML: {error}") from None
    found = seed_vocabulary.mistakes({} if content is None else content, region)
    if not found and content:
        parts = [("", content), *((f"{where}.", part) for where, part in seed_vocabulary.parts(content))]
        found = [f"{where}{sentence}" for where, part in parts for sentence in seed_calls.mistakes(part.get("calls", []))]
    if found:
        raise SeedError("\n    ".join([f"the seed {path} is wrong:", *found]))
    return content or {}


def apply(seed: Seed, cloud: Mapping[str, Any]) -> str:
    """Creates the missing resources in a running cloud (as described in `cloud.json`) and returns a one-line summary."""
    account = Account(cloud)
    lines = _fill(account, seed, "seed: ")
    return ", ".join([*lines, *_change_settings(account, seed)]) or "nothing"


def _fill(account: Account, seed: Seed, where: str) -> list[str]:
    """Creates what is missing in one account and region, then in the further ones that its seed names, and makes the calls last."""
    from botocore.exceptions import BotoCoreError, ClientError

    lines = []
    for section, (make, one, several) in seed_sections.SECTIONS.items():
        if section not in seed and section in account.made:
            continue
        account.made[section] = {}
        new = 0
        for name, entry in seed.get(section, {}).items():
            try:
                made, account.made[section][name] = make(account, name, account.resolved(entry))
            except (SeedError, ClientError, BotoCoreError) as error:
                raise SeedError(f"{where}{section}.{name}: {described(error)}") from error
            new += made
        lines += _counted(new, len(seed.get(section, {})) - new, one, several)
    account.made |= {section: {} for section in ("regions", "accounts") if section in seed}
    for region, part in seed.get("regions", {}).items():
        lines += _elsewhere(account, account.in_region(region), part, f"{where}regions.{region}.", f"in {region}")
    for account_id, part in seed.get("accounts", {}).items():
        lines += _elsewhere(account, account.in_account(account_id), part, f"{where}accounts.{account_id}.", f"in account {account_id}")
    return lines + _counted(*seed_calls.make(account, seed.get("calls", []), where), "call", "calls")


def _elsewhere(account: Account, other: Account, part: Seed, where: str, said: str) -> list[str]:
    """The same in another region or account; references find what is made there below the part's own name."""
    lines = [f"{line} {said}" for line in _fill(other, part, where)]
    section, name = where.removesuffix(".").split(": ")[-1].split(".")[-2:]
    account.made[section][name] = other.made
    return lines


def _counted(new: int, there: int, one: str, several: str) -> list[str]:
    if new + there == 0:
        return []
    known = "" if not there else " (there already)" if not new else f" ({there} there already)"
    return [f"{new + there} {one if new + there == 1 else several}{known}"]


def _change_settings(account: Account, seed: Seed) -> list[str]:
    """Applies quotas and regions last, so that they do not block resources the account already holds."""
    changes: dict[str, Any] = {}
    said = []
    if "quotas" in seed:
        changes["quotas"] = seed["quotas"]
        said.append(f"quotas of {', '.join(f'{limit} {name}' for name, limit in seed['quotas'].items())}")
    if "pushed_images" in seed:
        changes["pushed_images"] = seed["pushed_images"]
        said.append(f"images pushed to {', '.join(seed['pushed_images'])}")
    if "enabled_regions" in seed:
        changes["disabled_regions"] = sorted(OPT_IN - set(seed["enabled_regions"]))
        said.append(f"enabled regions {', '.join(seed['enabled_regions']) or 'none'}")
    if changes:
        account.admin.settings(**changes)
    return said
