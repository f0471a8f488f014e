# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Configurations of Kafka, with their revisions.

They have no tags. The description of the latest revision says whose it is, since that of the configuration itself never changes; marking
one is therefore another revision, whose description names the earlier one with the same text: clusters stay on that one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, NamedKind, Tagging
from ....aws.owner import mark_of, marks_in
from ....reconcile.errors import CallFailed, NotYet
from ....reconcile.model import Observed, fixed, given
from .msk import BAD, creating, something_marked

SAME = re.compile(r"(?P<mark>.+?)(?: = revision (?P<revision>\d+))?")


def text_of(options: Mapping[str, str]) -> str:
    """A configuration as server.properties has it."""
    return "".join(f"{name} = {value}\n" for name, value in sorted(options.items()))


def options_in(text: str) -> dict[str, str]:
    """The options in a configuration; comments are ignored."""
    pairs = (line.partition("=") for line in text.splitlines() if not line.lstrip().startswith("#"))
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


class MskConfiguration(NamedKind):
    """``looks``: whether MSK is asked even if the tagging API knows no cluster of the component's."""

    name = "msk_configuration"
    calls = NamedCalls(
        service="kafka",
        list="list_configurations",
        items="Configurations",
        describe="describe_configuration",
        create="create_configuration",
        delete="delete_configuration",
        name="Arn",
        id="Arn",
        arn="Arn",
    )
    tagging = Tagging(tag="update_configuration", untag="", key="Arn", members=None)
    operations = ("describe_configuration_revision", "resourcegroupstaggingapi.get_resources")
    states = {"deleting": "deleting", "delete_failed": "failed"}
    named = False
    exclusive = True
    called = "configuration_name"
    changing = {"revision": ("options",)}
    deleted_after = ("msk_cluster",)

    configuration_name = fixed("Name")
    options = given()

    def __init__(self, looks: bool = True) -> None:
        super().__init__()
        self.looks = looks

    # -- finding ---------------------------------------------------------------------------------------------------------------------

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        """Ours: the list has everything but the text of the revision."""
        if not self.looks and not something_marked(aws):
            return []
        return [one for one in super().listed(aws) if aws.owner.address(self.tags_of(one)) is not None]

    def described(self, aws: Aws, entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        there = [one for one in entries if "LatestRevision" in one]
        rest = [one for one in aws.map(lambda entry: self.describe(aws, entry), [one for one in entries if one not in there]) if one]
        return list(aws.map(lambda entry: self._with_text(aws, entry), [*there, *rest]))

    def _asked(self, aws: Aws, entries: Sequence[Mapping[str, Any]], reads: Sequence[Any]) -> list[dict[str, Any]]:
        return self.described(aws, entries)

    @staticmethod
    def _with_text(aws: Aws, raw: Mapping[str, Any]) -> dict[str, Any]:
        where = {"Arn": raw["Arn"], "Revision": raw["LatestRevision"]["Revision"]}
        found = aws.find("kafka", "describe_configuration_revision", **where) or {}
        return {**raw, "Text": bytes(found.get("ServerProperties") or b"").decode("utf-8", "replace")}

    def known(self, aws: Aws, identifier: str) -> str:
        """By ARN, or by name, which is unique in an account and region."""
        if identifier.startswith("arn:"):
            return identifier
        return next((str(one["Arn"]) for one in super().listed(aws) if one["Name"] == identifier), "")

    def tags_of(self, raw: Mapping[str, Any]) -> dict[str, str]:
        return marks_in(self._says(raw)["mark"])

    def _says(self, raw: Mapping[str, Any]) -> dict[str, str]:
        """{"mark", "revision"}: what the description says; the revision is empty if it names none."""
        text = str((raw.get("LatestRevision") or {}).get("Description") or raw.get("Description") or "")
        found = SAME.fullmatch(text)
        return {name: value or "" for name, value in found.groupdict().items()} if found else {"mark": "", "revision": ""}

    # -- properties ------------------------------------------------------------------------------------------------------------------

    def get_options(self, raw: Mapping[str, Any]) -> dict[str, str]:
        return options_in(str(raw.get("Text") or ""))

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        latest = (raw.get("LatestRevision") or {}).get("Revision")
        same = self._says(raw)["revision"]
        return {**super().attributes(raw), "revision": int(same) if same else latest}

    # -- changing --------------------------------------------------------------------------------------------------------------------

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], _token: str) -> Observed:
        text, mark = text_of(properties.get("options") or {}), mark_of(aws.owner, address)
        given = {"Name": properties["configuration_name"], "ServerProperties": text.encode(), "Description": mark}
        reply = creating(lambda: aws.change("kafka", "create_configuration", **given))
        latest = {"Revision": 1, **(reply.get("LatestRevision") or {}), "Description": mark}
        return self.made(aws, {**reply, "LatestRevision": latest, "Text": text}, address)

    def set_options(self, aws: Aws, seen: Observed, value: Mapping[str, str] | None) -> None:
        mark = mark_of(aws.owner, seen.address)
        aws.change("kafka", "update_configuration", Arn=seen.id, ServerProperties=text_of(value or {}).encode(), Description=mark)

    def claim(self, aws: Aws, seen: Observed, address: str) -> None:
        """Another revision with the same text."""
        text = text_of(seen.properties.get("options") or {})
        says = f"{mark_of(aws.owner, address)} = revision {seen.attributes['revision']}"
        aws.change("kafka", "update_configuration", Arn=seen.id, ServerProperties=text.encode(), Description=says)

    def delete(self, aws: Aws, seen: Observed) -> None:
        """Raises NotYet while a cluster uses it, as one that is being deleted does."""
        try:
            super().delete(aws, seen)
        except CallFailed as error:
            if error.code == BAD and "in use" in error.message:
                raise NotYet(error.message, error.operation, error.code, dependency=True) from error
            raise
