# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings of one component's repositories."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ....images.protecting import PREFIX
from ....images.references import REPOSITORY
from ....inputs.problems import Problems
from ....inputs.reader import Reader
from ....inputs.values import ACCOUNT_ID, KMS_KEY_ARN, matching
from .rules import Rule, read_rules

LONGEST_NAME = 256
SHORTEST_NAME = 2
EXCLUSION = re.compile(r"[0-9A-Za-z._*-]{1,128}")
MOST_EXCLUSIONS, MOST_WILDCARDS = 5, 2
"""Limits of exclusion filters (Amazon ECR API Reference, ImageTagMutabilityExclusionFilter, and terraform-provider-aws#43642)."""
ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
MOST_UNTAGGED_DAYS = 3650


@dataclass(frozen=True)
class Access:
    """The accounts that may pull, and those that may also deploy: push, and add and remove tags."""

    pull_accounts: tuple[str, ...] = ()
    pull_organization: str = ""
    deploy_accounts: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.pull_accounts or self.pull_organization or self.deploy_accounts)


@dataclass(frozen=True)
class Repository:
    """One repository. ``exclusions``: the tags to which ``mutable`` does not apply. ``untagged_days``: 0 keeps untagged images."""

    name: str
    path: str
    aws_name: str
    mutable: bool = False
    exclusions: tuple[str, ...] = ()
    scan_on_push: bool = True
    encryption: str = "kms"
    kms_key_arn: str = ""
    access: Access = field(default_factory=Access)
    untagged_days: int = 14
    rules: tuple[Rule, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def own_key(self) -> bool:
        """Whether it is encrypted with the component's key."""
        return self.encryption == "kms" and not self.kms_key_arn


def read_repositories(given: Any, path: str, environment: str, component: str, problems: Problems) -> dict[str, Repository]:
    """The repositories in a user's mapping (name -> settings)."""
    found = {
        name: _repository(name, reader, f"{environment}-{component}/{name}")
        for name, reader in Reader(given, path, problems).named("the name of a repository", 40)
    }
    seen: dict[str, Repository] = {}
    for one in found.values():
        first = seen.setdefault(one.aws_name, one)
        if first is not one:
            problems.add(f"{one.path}.name", one.aws_name, f"{first.path} has the same name; give each repository its own")
    return found


def _repository(name: str, reader: Reader, default: str) -> Repository:
    mutable = reader.choice("tag_mutability", ("immutable", "mutable"), "immutable") == "mutable"
    lifecycle = reader.section("lifecycle")
    found = Repository(
        name=name,
        path=reader.path,
        aws_name=_name(reader, default),
        mutable=mutable,
        exclusions=_exclusions(reader, mutable),
        scan_on_push=reader.boolean("scan_on_push", True),
        encryption=reader.choice("encryption", ("kms", "aes256"), "kms"),
        kms_key_arn=_key(reader),
        access=_access(reader),
        untagged_days=lifecycle.integer("untagged_days", 14, 0, MOST_UNTAGGED_DAYS),
        rules=read_rules(lifecycle),
        tags=reader.tags("tags"),
    )
    if found.kms_key_arn and found.encryption != "kms":
        reader.problems.add(reader.at("kms_key_arn"), found.kms_key_arn, "encryption is aes256; remove one of the two")
    lifecycle.finish()
    reader.finish()
    return found


def _name(reader: Reader, default: str) -> str:
    """The name in ECR. Names of environments and components may contain what ECR's may not: two signs in a row."""
    name = reader.text("name", default)
    if not (SHORTEST_NAME <= len(name) <= LONGEST_NAME and REPOSITORY.fullmatch(name)):
        reader.problems.add(
            reader.at("name"),
            name,
            "ECR accepts 2 to 256 lower-case letters and digits, separated by . _ __ - or /; set a name that does, such as shop/api",
        )
    return name


def _exclusions(reader: Reader, mutable: bool) -> tuple[str, ...]:
    """The tags that are exceptions: patterns in which * stands for any text."""

    def pattern(value: Any) -> str | None:
        fits = isinstance(value, str) and EXCLUSION.fullmatch(value) and value.count("*") <= MOST_WILDCARDS
        return str(value) if fits else None

    remedy = f"it must have 1 to 128 letters, digits, and ._-, and at most {MOST_WILDCARDS} wildcards (*)"
    found = reader.items("exclusions", (), pattern, remedy)
    most = MOST_EXCLUSIONS - 1 if mutable else MOST_EXCLUSIONS
    if len(found) > most:
        reader.problems.messages.append(f"{reader.at('exclusions')} has {len(found)} patterns, but there is room for {most}")
    for one in found:
        if not mutable and may_move(one):
            remedy = f"tags that begin with {PREFIX} protect deployed images and must not move; choose a pattern that excludes them"
            reader.problems.add(reader.at("exclusions"), one, remedy)
    return found


def may_move(pattern: str) -> bool:
    """Whether a pattern can match a tag that protects an image."""
    literal, wildcard, _rest = pattern.partition("*")
    return literal.startswith(PREFIX) or bool(wildcard and PREFIX.startswith(literal))


def _key(reader: Reader) -> str:
    arn = reader.text("kms_key_arn", "")
    if arn and not KMS_KEY_ARN.fullmatch(arn):
        reader.problems.add(
            reader.at("kms_key_arn"), arn, "it must be the ARN of a KMS key, such as arn:aws:kms:eu-west-1:123456789012:key/..."
        )
    return arn


def _access(reader: Reader) -> Access:
    organization = reader.text("pull_organization", "")
    if organization and not ORGANIZATION.fullmatch(organization):
        reader.problems.add(reader.at("pull_organization"), organization, "it must be the ID of an organization, such as o-abcdefghij")
    return Access(_accounts(reader, "pull_accounts"), organization, _accounts(reader, "deploy_accounts"))


def _accounts(reader: Reader, key: str) -> tuple[str, ...]:
    """IDs of accounts. YAML reads one without quotes as a number, and one that begins with 0 as another number."""
    return reader.items(key, (), matching(ACCOUNT_ID), "it must be the ID of an account: 12 digits, in quotes")
