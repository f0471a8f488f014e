# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What EventBridge has without tags: connections, which keep credentials, and API destinations, which are HTTP endpoints.

Their descriptions say whose they are, and what stands for the credential, which cannot be read back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....aws.connection import Aws
from ....aws.kind import AwsKind, Calls
from ....aws.owner import mark_of, marks_in
from ....reconcile.errors import AlreadyThere, EngineError
from ....reconcile.model import Observed, fixed, given
from .hidden import PREFIX, shown_url

NO_CREDENTIAL = "none"
"""For receivers whose URL is the only secret. A connection needs an API key all the same."""


class Described(AwsKind):
    """``secrets``: what stands for a secret -> the secret. Found by the prefix of their names."""

    calls: Calls
    describe = ""
    update_call = ""
    named = True
    exclusive = True
    elsewhere = True

    resource_name = fixed("Name")

    def __init__(self, secrets: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.secrets = secrets if secrets is not None else {}

    def regular(self) -> tuple[str, ...]:
        return *super().regular(), self.describe, self.update_call

    def find(self, aws: Aws) -> list[Observed]:
        prefix = f"{aws.owner.environment}-{aws.owner.component}-"
        listed = aws.list_all("events", self.calls.list, self.calls.items, NamePrefix=prefix)
        found = aws.map(lambda one: aws.find("events", self.describe, Name=one["Name"]), listed)
        return self.observe_all(aws, [dict(one) for one in found if one is not None])

    def tags_of(self, raw: Mapping[str, Any]) -> dict[str, str]:
        return marks_in(mark_in(str(raw.get("Description") or ""))[0])

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        raw = aws.find("events", self.describe, Name=seen.id)
        return self.observe(aws, raw) if raw else None

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], _token: str) -> Observed:
        name = str(properties["resource_name"])
        sent = {"Name": name, "Description": self.description(aws, address, properties), **self.parameters(properties)}
        try:
            reply = aws.change("events", self.calls.create, **sent)
        except AlreadyThere as error:
            raise AlreadyThere(f"{name} already exists", error.operation) from None
        made = self.made(aws, {**sent, **reply}, address)
        return made.changed(
            {name: properties[name] for name, declared in self.properties.items() if declared.in_create and name in properties}
        )

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        whole = {**seen.properties, **properties}
        sent = {"Name": seen.id, "Description": self.description(aws, seen.address, whole), **self.parameters(whole)}
        aws.change("events", self.update_call, **sent)

    def delete(self, aws: Aws, seen: Observed) -> None:
        aws.remove("events", self.calls.delete, Name=seen.id)

    def claim(self, aws: Aws, seen: Observed, address: str) -> None:
        """The description is part of every update."""
        text = f"{mark_of(aws.owner, address)} {mark_in(self.description_of(aws, seen))[1]}".strip()
        aws.change("events", self.update_call, Name=seen.id, Description=text)

    def description_of(self, aws: Aws, seen: Observed) -> str:
        return str((aws.find("events", self.describe, Name=seen.id) or {}).get("Description") or "")

    def look_up(self, aws: Aws, identifier: str, address: str) -> Observed | None:
        name = identifier.rpartition(":")[2].split("/")[1] if identifier.startswith("arn:") else identifier
        return self._any_owner(aws, name, address)

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        return self._any_owner(aws, str(properties.get("resource_name") or ""), "")

    def _any_owner(self, aws: Aws, name: str, address: str) -> Observed | None:
        raw = aws.find("events", self.describe, Name=name) if name else None
        return self.observe_any_owner(aws, [raw], address) if raw else None

    def description(self, aws: Aws, address: str, _properties: Mapping[str, Any]) -> str:
        return mark_of(aws.owner, address)

    def parameters(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        raise NotImplementedError

    def secret(self, text: str) -> str:
        """The secret that a text stands for. Raises EngineError if this call has not read it."""
        if not text.startswith(PREFIX):
            return text
        if text not in self.secrets:
            raise EngineError(f"the secret that {text} stands for is not known in this call; make a new plan")
        return self.secrets[text]


def mark_in(description: str) -> tuple[str, str]:
    """(the mark, what stands for a credential) of a description."""
    mark, _space, last = description.rpartition(" ")
    return (mark, last) if last.startswith(PREFIX) or last == NO_CREDENTIAL else (description, "")


class EventsConnection(Described):
    """Keeps the API key that EventBridge sends, in a secret of its own. ``credential``: what stands for the key."""

    name = "events_connection"
    calls = Calls(
        service="events",
        list="list_connections",
        items="Connections",
        create="create_connection",
        delete="delete_connection",
        id="Name",
    )
    describe = "describe_connection"
    update_call = "update_connection"
    status_member = "ConnectionState"
    states = {"creating": "pending", "updating": "pending", "authorizing": "pending", "deauthorizing": "pending", "deleting": "deleting"}

    header = given()
    credential = given()

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"arn": raw.get("ConnectionArn"), "secret_arn": raw.get("SecretArn")}

    def get_header(self, raw: Mapping[str, Any]) -> Any:
        return ((raw.get("AuthParameters") or {}).get("ApiKeyAuthParameters") or {}).get("ApiKeyName")

    def get_credential(self, raw: Mapping[str, Any]) -> str | None:
        return mark_in(str(raw.get("Description") or ""))[1] or None

    def trouble_of(self, raw: Mapping[str, Any]) -> str:
        state = str(raw.get("ConnectionState") or "")
        return f"EventBridge sends nothing: the connection is {state}" if state in ("DEAUTHORIZED", "FAILED_CONNECTIVITY") else ""

    def description(self, aws: Aws, address: str, properties: Mapping[str, Any]) -> str:
        return f"{mark_of(aws.owner, address)} {properties['credential']}"

    def parameters(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        credential = str(properties["credential"])
        value = NO_CREDENTIAL if credential == NO_CREDENTIAL else self.secret(credential)
        key = {"ApiKeyName": properties["header"], "ApiKeyValue": value}
        return {"AuthorizationType": "API_KEY", "AuthParameters": {"ApiKeyAuthParameters": key}}


class ApiDestination(Described):
    """An HTTP endpoint. ``endpoint``: what stands for its URL, which for a webhook is a secret."""

    name = "api_destination"
    calls = Calls(
        service="events",
        list="list_api_destinations",
        items="ApiDestinations",
        create="create_api_destination",
        delete="delete_api_destination",
        id="Name",
    )
    describe = "describe_api_destination"
    update_call = "update_api_destination"

    connection_arn = given()
    endpoint = given("InvocationEndpoint")
    rate = given("InvocationRateLimitPerSecond")

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"arn": raw.get("ApiDestinationArn")}

    def get_endpoint(self, raw: Mapping[str, Any]) -> str:
        return shown_url(str(raw["InvocationEndpoint"]))

    def parameters(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "ConnectionArn": properties["connection_arn"],
            "InvocationEndpoint": self.secret(str(properties["endpoint"])),
            "HttpMethod": "POST",
            "InvocationRateLimitPerSecond": int(properties["rate"]),
        }
