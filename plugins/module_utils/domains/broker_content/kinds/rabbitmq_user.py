# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Users, with the secret whose password they have, and their permissions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ....aws.connection import Aws
from ....kinds.vault import Stages, Vault, Version
from ....reconcile.errors import NotYet
from ....reconcile.model import UNKNOWN, Observed, fixed, given, is_unknown, later
from ...messaging.settings.rabbitmq_content import PARTS, User
from ..server.hashes import ALGORITHM, hashed, is_hash_of
from ..server.link import Look, ManagementLink, quoted
from .base import RabbitmqKind, tags_in, without_marks

OTHER = "another one"
"""The password of a user that is in no version of its secret."""


def shown(version: str) -> str:
    """Which version of the secret the password is: never the password itself."""
    return f"version {version[:8]}"


class RabbitmqUser(RabbitmqKind):
    """``secrets``: the ARN of the secret of each described user, by name."""

    name = "rabbitmq_user"
    called = "user"

    user = fixed()
    user_tags = given()
    password = given()
    permissions = later()

    def __init__(self, link: ManagementLink, within: str, whose: tuple[str, str], vault: Vault, secrets: Mapping[str, str]) -> None:
        super().__init__(link, within, whose)
        self.vault = vault
        self.secrets = secrets

    # -- desired ---------------------------------------------------------------------------------------------------------------------

    def desired(self, one: User, stages: Mapping[str, Stages]) -> dict[str, Any]:
        return {
            "user": one.name,
            "user_tags": sorted(one.tags),
            "password": self.newest(one.name, stages),
            "permissions": {vhost: dict(one.permissions[vhost]) for vhost in sorted(one.permissions)},
        }

    def newest(self, name: str, stages: Mapping[str, Stages]) -> str:
        own = stages.get(name)
        return shown(own.pending or own.current) if own else UNKNOWN

    def stages(self, aws: Aws) -> dict[str, Stages]:
        """The versions of the secrets that exist, by user."""
        known = [name for name, arn in self.secrets.items() if arn and not is_unknown(arn)]
        return dict(zip(known, aws.map(lambda name: self.vault.stages(aws, self.secrets[name]), known), strict=True))

    # -- reading ---------------------------------------------------------------------------------------------------------------------

    def all_of(self, aws: Aws, look: Look) -> Iterator[tuple[Observed, list[str]]]:
        for name, raw in look.users.items():
            if not self.has(name):
                continue
            tags = tags_in(raw.get("tags"))
            properties = {
                "user": name,
                "user_tags": without_marks(tags),
                "password": self.present(aws, name, str(raw.get("password_hash") or "")),
                "permissions": {
                    vhost: {part: str(one.get(part) or "") for part in PARTS}
                    for (vhost, user), one in sorted(look.permissions.items())
                    if user == name
                },
            }
            attributes = {"password_hash": raw.get("password_hash"), "hashing_algorithm": raw.get("hashing_algorithm")}
            yield Observed(self.name, self.address(name), f"user/{name}", properties, attributes, named=True), tags

    def has(self, name: str) -> bool:
        """Whether a user is of this kind."""
        return name != self.link.administrator

    def present(self, aws: Aws, name: str, reported: str) -> str:
        """The version of the secret whose password a user has."""
        arn = self.secrets.get(name, "")
        if not arn or is_unknown(arn):
            return OTHER
        return next((shown(one.id) for one in self.vault.candidates(aws, arn) if is_hash_of(reported, one.password)), OTHER)

    # -- changing --------------------------------------------------------------------------------------------------------------------

    def fresh(self, _seen: Observed) -> Mapping[str, Any]:
        return {"permissions": {}}

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        name = str(properties["user"])
        version = self.version(aws, name)
        self._put(aws, name, properties["user_tags"], hashed(version.password), ALGORITHM)
        made = {"user": name, "user_tags": properties["user_tags"], "password": properties["password"], "permissions": {}}
        return Observed(self.name, address, f"user/{name}", made, {}, named=True)

    def version(self, aws: Aws, name: str) -> Version:
        """The newest version of a user's secret: one that waits to be set, or the current one."""
        arn = self.secrets.get(name, "")
        if not arn or is_unknown(arn):
            raise NotYet(f"the secret of {name} is not known", "secretsmanager:GetSecretValue", "ResourceNotFoundException")
        found = self.vault.stages(aws, arn)
        return self.vault.read(aws, arn, "AWSPENDING" if found.pending else "AWSCURRENT")

    def _put(self, aws: Aws, name: str, tags: Any, password_hash: str, algorithm: str) -> None:
        """Always with a hash: a call without one leaves a user whom no password lets in."""
        body = {"password_hash": password_hash, "hashing_algorithm": algorithm, "tags": ",".join([*tags, self.mark])}
        self.link.put(aws, f"users/{quoted(name)}", body)

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        name = self.name_of(seen)
        if "password" in properties:
            self._set_password(aws, name, properties.get("user_tags", seen.properties.get("user_tags") or []))
        elif "user_tags" in properties:
            self._put(aws, name, properties["user_tags"], str(seen.attributes["password_hash"]), str(seen.attributes["hashing_algorithm"]))
        if "permissions" in properties:
            self._set_permissions(aws, name, seen.properties.get("permissions") or {}, properties["permissions"] or {})

    def _set_password(self, aws: Aws, name: str, tags: Any) -> None:
        """Set it, and then let clients read it: until then, the version is AWSPENDING."""
        version = self.version(aws, name)
        self._put(aws, name, tags, hashed(version.password), ALGORITHM)
        self.vault.finish_rotation(aws, self.secrets[name], version.id)

    def _set_permissions(self, aws: Aws, name: str, before: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
        for vhost, patterns in wanted.items():
            if before.get(vhost) != patterns:
                self.link.put(aws, f"permissions/{quoted(vhost, name)}", patterns)
        for vhost in before:
            if vhost not in wanted:
                self.link.delete(aws, f"permissions/{quoted(vhost, name)}")

    def delete(self, aws: Aws, seen: Observed) -> None:
        self.link.delete(aws, f"users/{quoted(self.name_of(seen))}")

    def claim(self, aws: Aws, seen: Observed, address: str) -> None:
        hash_, algorithm = seen.attributes.get("password_hash"), seen.attributes.get("hashing_algorithm")
        self._put(aws, self.name_of(seen), seen.properties.get("user_tags") or [], str(hash_), str(algorithm or ALGORITHM))


class RabbitmqAdministrator(RabbitmqUser):
    """The first administrator. The broker was created with it, so it is taken over without a mark, and it goes with the broker."""

    name = "rabbitmq_administrator"
    adopts_unmarked = True
    ends_with_parent = True

    def desired_administrator(self, name: str, stages: Mapping[str, Stages]) -> dict[str, Any]:
        """Its permissions are left alone: with its tag, it may give itself any."""
        return {"user": name, "user_tags": ["administrator"], "password": self.newest(name, stages)}

    def has(self, name: str) -> bool:
        return name == self.link.administrator

    def delete(self, aws: Aws, seen: Observed) -> None:
        """Nothing: it is how this collection logs in."""
