# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Configurations of RabbitMQ, with their revisions.

Amazon MQ makes the first revision itself, with its defaults. Options that are described make further ones; a revision never changes.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, NamedKind
from ....reconcile.errors import CallFailed, NotYet
from ....reconcile.model import Observed, fixed, later
from .mq import CONFLICT, TAGGING, creating, something_marked


def text_of(options: Mapping[str, str]) -> str:
    """A configuration in RabbitMQ's syntax."""
    return "".join(f"{name} = {value}\n" for name, value in sorted(options.items()))


def options_in(text: str) -> dict[str, str]:
    """The options in a configuration; comments are ignored."""
    pairs = (line.partition("=") for line in text.splitlines() if not line.lstrip().startswith("#"))
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def decoded(data: str) -> str:
    return base64.b64decode(data).decode("utf-8", "replace")


class MqConfiguration(NamedKind):
    """``options``: absent if Amazon MQ's defaults are to stay. Of one version: an upgrade to another major version leads to another one.

    ``looks``: whether Amazon MQ is asked even if the tagging API knows nothing of the component's there.
    """

    name = "mq_configuration"
    calls = NamedCalls(
        service="mq",
        list="list_configurations",
        items="Configurations",
        describe="describe_configuration",
        create="create_configuration",
        delete="delete_configuration",
        name="ConfigurationId",
        id="Id",
        arn="Arn",
    )
    tagging = TAGGING
    operations = ("describe_configuration_revision", "update_configuration", "resourcegroupstaggingapi.get_resources")
    named = False
    called = "configuration_name"
    changing = {"revision": ("options",)}
    deleted_after = ("mq_broker",)

    configuration_name = fixed("Name")
    engine_version = fixed()
    options = later()

    def __init__(self, looks: bool = True) -> None:
        super().__init__()
        self.looks = looks

    # -- finding ---------------------------------------------------------------------------------------------------------------------

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        """Those with our tags: the list has everything but the text of the revision."""
        if not self.looks and not something_marked(aws):
            return []
        return [one for one in self._everything(aws) if aws.owner.address(self.tags_of(one)) is not None]

    @staticmethod
    def _everything(aws: Aws) -> list[dict[str, Any]]:
        """The list has pages, but botocore does not know that."""
        found: list[dict[str, Any]] = []
        more: dict[str, str] = {}
        while True:
            reply = aws.read("mq", "list_configurations", **more)
            found += [{"ConfigurationId": one["Id"], **one} for one in reply.get("Configurations") or []]
            if not reply.get("NextToken"):
                return found
            more = {"NextToken": str(reply["NextToken"])}

    def described(self, aws: Aws, entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        there = [one for one in entries if "LatestRevision" in one]
        rest = [one for one in aws.map(lambda entry: self.describe(aws, entry), [one for one in entries if one not in there]) if one]
        return list(aws.map(lambda entry: self._with_text(aws, entry), [*there, *rest]))

    def _asked(self, aws: Aws, entries: Sequence[Mapping[str, Any]], reads: Sequence[Any]) -> list[dict[str, Any]]:
        return self.described(aws, entries)

    @staticmethod
    def _with_text(aws: Aws, raw: Mapping[str, Any]) -> dict[str, Any]:
        newest = str(raw["LatestRevision"]["Revision"])
        where = {"ConfigurationId": raw["Id"], "ConfigurationRevision": newest}
        found = aws.find("mq", "describe_configuration_revision", **where) or {}
        return {"ConfigurationId": raw["Id"], **raw, "Text": decoded(str(found.get("Data") or ""))}

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        """Names are unique in an account and region."""
        same = [one["Id"] for one in self._everything(aws) if one["Name"] == properties.get(self.called)]
        return self.look_up_any_owner(aws, {"ConfigurationId": same[0]}) if same else None

    # -- properties ------------------------------------------------------------------------------------------------------------------

    def get_options(self, raw: Mapping[str, Any]) -> dict[str, str]:
        return options_in(str(raw.get("Text") or ""))

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {**super().attributes(raw), "revision": (raw.get("LatestRevision") or {}).get("Revision")}

    # -- changing --------------------------------------------------------------------------------------------------------------------

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        return {"EngineType": "RABBITMQ", "Name": properties["configuration_name"], "EngineVersion": properties["engine_version"]}

    def made(self, aws: Aws, raw: Mapping[str, Any], address: str) -> Observed:
        return super().made(aws, {**raw, "ConfigurationId": raw["Id"]}, address)

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        return creating(lambda: super(MqConfiguration, self).create(aws, address, properties, token))

    def set_options(self, aws: Aws, seen: Observed, value: Mapping[str, str] | None) -> None:
        data = base64.b64encode(text_of(value or {}).encode()).decode()
        aws.change("mq", "update_configuration", ConfigurationId=seen.id, Data=data, Description=f"Options of {seen.address}")

    def delete(self, aws: Aws, seen: Observed) -> None:
        """Raises NotYet while a broker uses it, as one that is being deleted does."""
        try:
            super().delete(aws, seen)
        except CallFailed as error:
            if error.code == CONFLICT:
                raise NotYet(error.message, error.operation, error.code, dependency=True) from error
            raise
