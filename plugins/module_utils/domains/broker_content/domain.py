# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The content of a broker as a domain of the engine: the implementation of the module rabbitmq_objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from ...aws.connection import Aws
from ...component.domain import Domain, InvalidInput, Observation
from ...component.outputs import Attributes
from ...component.run import run as run_component
from ...inputs.problems import Problems
from ...inputs.reader import Reader
from ...kinds.vault import Vault
from ...reconcile.model import SENSITIVE, Kind, Resource
from ..messaging.settings.rabbitmq_content import Content, read_content
from ..messaging.settings.rabbitmq_versions import NEWEST
from .judge import administrator_problems, queue_problems
from .kinds.rabbitmq_user import RabbitmqAdministrator, RabbitmqUser
from .kinds.rabbitmq_vhost import RabbitmqVhost
from .server.link import ManagementLink, Target

SERVICES = ("sts", "secretsmanager")
SHORTEST_SECRET = 6
"""Shorter texts are not masked in the output: they would match parts of unrelated words."""


def run(module: Any) -> NoReturn:
    """Bring what is inside a broker to the described state, or plan the changes."""
    module.params["check_quotas"] = False  # nothing here consumes AWS quotas
    module.no_log_values.clear()

    def mask(text: str) -> None:
        if len(text) >= SHORTEST_SECRET:
            module.no_log_values.add(text)

    def make(params: Mapping[str, Any]) -> BrokerContentDomain:
        made = BrokerContentDomain(params, module.check_mode, mask)
        module.params["secrets"] = dict.fromkeys(module.params["secrets"], SENSITIVE)
        return made

    run_component(module, make)


class BrokerContentDomain(Domain):
    """What is inside one broker. Nothing that the engine receives contains a password: kinds read them when they set them."""

    def __init__(self, params: Mapping[str, Any], check_mode: bool, hide: Callable[[str], None]) -> None:
        self.content, self.present = Content(), params["state"] == "present"
        self.administrator = str(params["administrator"]["username"])
        if self.present:
            self.content, problems = read(params, self.administrator)
            if problems:
                raise InvalidInput(problems)
        own = str(params["administrator"].get("secret_arn") or "")
        target = Target(str(params["endpoint"].get("url") or ""), own, str(params["endpoint"].get("ca") or ""))
        vault = Vault(params["secrets"], hide)
        self.link = ManagementLink(target, vault, tuple(self.content.vhosts), self.administrator, needed=not check_mode and self.present)
        within, whose = params["name"], (params["environment"], params["component"])
        secrets = {name: str(params["user_secrets"].get(name) or "") for name in self.content.users}
        self.vhosts = RabbitmqVhost(self.link, within, whose, self.content.vhosts)
        self.users = RabbitmqUser(self.link, within, whose, vault, secrets)
        self.administrators = RabbitmqAdministrator(self.link, within, whose, vault, {self.administrator: own})
        kinds: tuple[Kind, ...] = (self.vhosts, self.users, self.administrators)
        self.kinds = {kind.name: kind for kind in kinds}
        self.secrets = secrets

    def questions(self) -> Mapping[str, Callable[[Aws], Any]]:
        return {"look": self.link.look, "users": self.users.stages, "administrators": self.administrators.stages}

    def problems(self, observation: Observation) -> Sequence[str]:
        look = observation.answers.get("look")
        if not look:
            return ()
        return [*administrator_problems(self.administrator, self.link.login), *queue_problems(self.content.vhosts, look)]

    def resources(self, observation: Observation) -> Sequence[Resource]:
        if not self.present:
            return ()
        answers = observation.answers
        wanted = self.administrators.desired_administrator(self.administrator, answers.get("administrators") or {})
        found = [Resource(self.administrators.name, self._name(self.administrator), wanted)]
        for name, vhost in sorted(self.content.vhosts.items()):
            found.append(Resource(self.vhosts.name, self._name(name), self.vhosts.desired(vhost)))
        for name, user in sorted(self.content.users.items()):
            after = tuple(self.vhosts.address(vhost) for vhost in user.permissions if vhost in self.content.vhosts)
            found.append(Resource(self.users.name, self._name(name), self.users.desired(user, answers.get("users") or {}), after))
        return found

    def _name(self, name: str) -> str:
        return f"{self.users.within}/{name}"

    def outputs(self, _attributes: Attributes) -> dict[str, Any]:
        return {
            "vhosts": {name: {"queues": sorted(one.queues)} for name, one in sorted(self.content.vhosts.items())},
            "users": {name: {"secret_arn": self.secrets[name] or None} for name in sorted(self.content.users)},
        }


def read(params: Mapping[str, Any], administrator: str) -> tuple[Content, list[str]]:
    problems = Problems()
    reader = Reader({"vhosts": params["vhosts"], "users": params["users"]}, "", problems)
    content = read_content(reader, str(params.get("version") or NEWEST), administrator)
    return content, [message.removeprefix(".") for message in problems.messages]
