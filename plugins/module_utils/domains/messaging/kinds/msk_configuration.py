# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Configurations of Kafka, with their revisions.

They have no tags. The description of the latest revision says whose it is, since that of the configuration itself never changes; marking
one is therefore another revision, whose description names the earlier one with the same text: clusters stay on that one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, Tagging
from ....aws.owner import mark_of, marks_in
from ....reconcile.errors import CallFailed, NotYet
from ....reconcile.model import Observed, fixed, given
from .mq_configuration import options_in, text_of
from .msk import BAD, MskKind, creating

SAME = re.compile(r"(?P<mark>.+?)(?: = revision (?P<revision>\d+))?")


class MskConfiguration(MskKind):
    """See the module's docstring."""

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
    operations = ("describe_configuration_revision",)
    states = {"deleting": "deleting", "delete_failed": "failed"}
    listed_only, name_member = "LatestRevision", "Name"
    called = "configuration_name"
    changing = {"revision": ("options",)}
    deleted_after = ("msk_cluster",)

    configuration_name = fixed("Name")
    options = given()

    def complete(self, aws: Aws, raw: Mapping[str, Any]) -> dict[str, Any]:
        """With the text of its latest revision."""
        where = {"Arn": raw["Arn"], "Revision": raw["LatestRevision"]["Revision"]}
        found = aws.find("kafka", "describe_configuration_revision", **where) or {}
        return {**raw, "Text": bytes(found.get("ServerProperties") or b"").decode("utf-8", "replace")}

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
