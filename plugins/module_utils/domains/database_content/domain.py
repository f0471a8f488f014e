# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The content of a database server as a domain of the engine: the implementation of the module postgres_objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from ...aws.connection import Aws
from ...component.domain import Domain, InvalidInput, Observation
from ...component.outputs import Attributes
from ...component.run import run as run_component
from ...inputs.problems import suggestion
from ...kinds.vault import Stages, Vault
from ...reconcile.model import SENSITIVE, Kind, Resource, is_unknown
from .kinds.postgres_database import PostgresDatabase
from .kinds.postgres_extension import PostgresExtension
from .kinds.postgres_role import PostgresRole
from .kinds.postgres_schema import PostgresSchema
from .server.link import ServerLink
from .spec import target_of
from .wanted.extensions import extension_problems
from .wanted.settings import Contents, WantedDatabase, read_contents

SERVICES = ("sts", "secretsmanager")
SHORTEST_SECRET = 6
"""Shorter texts are not masked in the output: they would match parts of unrelated words."""


def run(module: Any) -> NoReturn:
    """Bring what is inside a server to the described state, or plan the changes."""
    module.params["check_quotas"] = False  # nothing here consumes AWS quotas
    domains: list[ContentDomain] = []

    def make(params: Mapping[str, Any]) -> ContentDomain:
        domains.append(ContentDomain(params, module.check_mode, hide(module)))
        redact(module)
        return domains[0]

    try:
        run_component(module, make)
    finally:
        for domain in domains:
            domain.link.close()


def hide(module: Any) -> Callable[[str], None]:
    """Returns a function that has Ansible mask a text in everything that the module returns.

    The options with passwords are declared no_log, which masks every text in them wherever it occurs, even names and versions. This code
    knows better which of their values are secret.
    """
    module.no_log_values.clear()

    def mask(text: str) -> None:
        if len(text) >= SHORTEST_SECRET:
            module.no_log_values.add(text)

    mask(module.params["login"]["password"] or "")
    return mask


def redact(module: Any) -> None:
    """Keep passwords out of the options that Ansible echoes."""
    if module.params["login"]["password"]:
        module.params["login"] = {**module.params["login"], "password": SENSITIVE}
    module.params["secrets"] = dict.fromkeys(module.params["secrets"], SENSITIVE)


class ContentDomain(Domain):
    """What is inside one server. Nothing that the engine receives contains a password: kinds read them when they set them."""

    def __init__(self, params: Mapping[str, Any], check_mode: bool, hide: Callable[[str], None]) -> None:
        target, problems = target_of(params)
        self.contents = Contents()
        if params["state"] == "present":
            self.contents, more = read_contents(params["databases"], params["users"], target.user)
            problems += more + rotation_problems(params["rotate"], self.contents)
        if problems:
            raise InvalidInput(problems)
        self.vault = Vault(params["secrets"], hide)
        self.secrets = {name: str(arn or "") for name, arn in params["user_secrets"].items()}
        needed = not check_mode and params["state"] == "present"
        self.link = ServerLink(target, self.vault, self.contents.databases, needed=needed)
        within, whose = params["name"], (params["environment"], params["component"])
        databases = self.contents.databases
        self.roles = PostgresRole(self.link, within, whose, self.contents.users, self.vault, self.secrets, params["rotate"])
        self.databases = PostgresDatabase(self.link, within, whose, databases, params["initial_database"])
        self.schemas = PostgresSchema(self.link, within, whose, {(d.name, s.name): s for d in databases.values() for s in d.schemas})
        self.extensions = PostgresExtension(
            self.link, within, whose, {(d.name, e.name): e for d in databases.values() for e in d.extensions}
        )
        kinds: tuple[Kind, ...] = (self.roles, self.databases, self.schemas, self.extensions)
        self.kinds = {kind.name: kind for kind in kinds}

    def questions(self) -> Mapping[str, Callable[[Aws], Any]]:
        return {"stages": self.roles.stages}

    def problems(self, _observation: Observation) -> Sequence[str]:
        look = self.link.latest
        if look is None:
            return ()
        installed = {name: tuple(state.extensions) for name, state in look.databases.items()}
        return [*extension_problems(self.contents.databases.values(), look.server, installed), *self._missing_groups()]

    def _missing_groups(self) -> list[str]:
        roles = self.link.latest.server.roles if self.link.latest else {}
        return [
            f"users.{user.name}.member_of names {group!r}, which this server does not have; {suggestion(group, list(roles))}"
            for user in self.contents.users.values()
            for group in user.member_of
            if group not in self.contents.users and group not in roles
        ]

    def resources(self, observation: Observation) -> Sequence[Resource]:
        stages: Mapping[str, Stages] = observation.answers.get("stages", {})
        users = self.contents.users
        found = []
        for user in users.values():
            groups = tuple(self.roles.address(name) for name in user.member_of if name in users)
            found.append(Resource(self.roles.name, self._name(user.name), self.roles.desired(user, stages), groups))
        for database in self.contents.databases.values():
            found += self._inside(database)
        return found

    def _inside(self, database: WantedDatabase) -> list[Resource]:
        roles = tuple(self.roles.address(name) for name in self.contents.users)
        found = [Resource(self.databases.name, self._name(database.name), self.databases.desired(database), roles)]
        after = (self.databases.address(database.name),)
        found += [
            Resource(self.schemas.name, self._name(database.name, one.name), self.schemas.desired(one), after) for one in database.schemas
        ]
        schemas = tuple(self.schemas.address(database.name, one.name) for one in database.schemas)
        for one in database.extensions:
            wanted = self.extensions.desired(database.name, one, self.link.latest)
            found.append(Resource(self.extensions.name, self._name(database.name, one.name), wanted, (*after, *schemas)))
        return found

    def _name(self, *parts: str) -> str:
        return "/".join((self.roles.within, *parts))

    def outputs(self, _attributes: Attributes) -> dict[str, Any]:
        return {
            "databases": {name: {"owner": one.owner} for name, one in sorted(self.contents.databases.items())},
            "users": {
                name: {"login": user.login, "secret_arn": self.secrets.get(name) if user.login == "password" else None}
                for name, user in sorted(self.contents.users.items())
            },
        }


def rotation_problems(rotate: Sequence[str], contents: Contents) -> list[str]:
    """What is wrong with the users whose passwords are to be rotated."""
    passwords = [name for name, user in contents.users.items() if user.login == "password"]
    return [
        f"rotate names {name!r}, which is not a user with login: password; {suggestion(name, passwords)}"
        for name in rotate
        if name not in passwords and not is_unknown(name)
    ]
