# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where alarms lead to as resources: a key, topics with their subscriptions, and what carries state changes to Slack."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...aws.place import Place
from ...aws.policies import key_policy, logs_use_of_key, policy
from ...reconcile.model import Ref, Resource, ref
from .kinds.events_destinations import NO_CREDENTIAL
from .kinds.hidden import stand_in
from .names import KEY, elsewhere, own_name, part
from .publishers import may_publish, publisher_use_of_key
from .resources_alarms import SEVERITY_TAG
from .settings.severities import SLACK_API, Severity

ALARMS = "cloudwatch.amazonaws.com"
"""The service that publishes to the topics, and uses their key for it."""
RATE = 1
"""Messages a second: what an incoming webhook of Slack accepts (Slack API, "Rate limits")."""
PATHS: Mapping[str, str] = {
    "name": "$.detail.alarmName",
    "state": "$.detail.state.value",
    "reason": "$.detail.state.reason",
    "region": "$.region",
    "time": "$.time",
}
TEXT = "*<state>* <name> in <region> at <time>: <reason>"


@dataclass(frozen=True)
class Delivery:
    """``regions``: where alarms live, the component's own first. ``values``: secret, as the inventory names it -> its value.

    ``key_users``: further statements for the policy of the key in the component's own region.
    """

    place: Place
    severities: Mapping[str, Severity]
    regions: tuple[str, ...]
    key_arns: Mapping[str, str]
    values: Mapping[str, str]
    key_users: Sequence[dict[str, Any]] = ()

    def resources(self) -> Iterator[Resource]:
        for region in self.regions:
            if region not in self.key_arns:
                yield self.key(region)
            yield from (self.topic(one, region) for one in self.severities.values())
            for one in self.severities.values():
                yield from self.slack(one, region)
        if any(one.slack for one in self.severities.values()):
            yield self.role()

    def tags(self, name: str) -> dict[str, str]:
        return {**self.place.tags, "Name": name}

    def key_arn(self, region: str) -> str | Ref:
        return self.key_arns.get(region) or ref(f"kms_key.{part(KEY, region, self.place.region)}", "arn")

    def key(self, region: str) -> Resource:
        """For topics, and for log groups in the component's own region."""
        place = self.place.in_region(region)
        others = [logs_use_of_key(place, "CloudWatchLogs", "*"), *self.key_users] if region == self.place.region else []
        properties = {
            "description": f"Alarms and logs of {place.environment}/{place.component}",
            "policy": key_policy(place, alarms_use_of_key(place), *others),
            "enable_key_rotation": True,
            "alias": f"alias{place.path}{KEY}",
            "tags": self.tags(own_name(self.place, KEY)),
        }
        return Resource("kms_key", part(KEY, region, self.place.region), elsewhere(properties, region, self.place.region))

    def topic(self, one: Severity, region: str) -> Resource:
        name = own_name(self.place, one.name)
        place = self.place.in_region(region)
        pagerduty = [{"protocol": "https", "endpoint": self.hidden(one.pagerduty)}] if one.pagerduty else []
        email = [{"protocol": "email", "endpoint": address} for address in one.email]
        properties = {
            "topic_name": name,
            "display_name": f"{place.environment} {one.name}",
            "kms_key_id": self.key_arn(region),
            "policy": policy(alarms_publish(place, name)),
            "subscriptions": [*pagerduty, *email],
            "tags": self.tags(name),
        }
        return Resource("alarm_topic", part(one.name, region, self.place.region), elsewhere(properties, region, self.place.region))

    def hidden(self, secret: str) -> str:
        return stand_in(self.values.get(secret, ""))

    # -- Slack -----------------------------------------------------------------------------------------------------------------------

    def slack(self, one: Severity, region: str) -> Iterator[Resource]:
        """A connection with the credential, a destination with the URL, and a rule that sends the state changes of a severity there."""
        if one.slack is None:
            return
        home, where = self.place.region, f"slack-{one.name}"
        address, name = part(where, region, home), own_name(self.place, where, region)
        bot = bool(one.slack.token)
        # Names of their own: the order of deletions follows names.
        connection = {
            "resource_name": own_name(self.place, f"{where}-key", region),
            "header": "Authorization" if bot else "X-Mainstay",
            "credential": stand_in(bearer(self.values.get(one.slack.token, ""))) if bot else NO_CREDENTIAL,
        }
        destination = {
            "resource_name": own_name(self.place, f"{where}-url", region),
            "connection_arn": ref(f"events_connection.{address}", "arn"),
            "endpoint": stand_in(SLACK_API) if bot else self.hidden(one.slack.webhook),
            "rate": RATE,
        }
        yield Resource("events_connection", address, elsewhere(connection, region, home))
        yield Resource("api_destination", address, elsewhere(destination, region, home))
        rule = {
            "rule_name": name,
            "description": f"{one.name} alarms of {self.place.environment} to Slack",
            "event_pattern": pattern(self.place.in_region(region), one.name),
            "enabled": True,
            "target": {
                "arn": ref(f"api_destination.{address}", "arn"),
                "role_arn": ref("iam_role.slack", "arn"),
                "paths": dict(PATHS),
                "template": template(one.slack.channel),
            },
            "tags": self.tags(name),
        }
        yield Resource("alarm_rule", address, elsewhere(rule, region, home))

    def role(self) -> Resource:
        """EventBridge calls the destinations with it."""
        prefix = own_name(self.place, "slack-*")
        arns = [self.place.in_region(region).arn("events", f"api-destination/{prefix}/*") for region in self.regions]
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": self.place.account_id}},
        }
        properties = {
            "role_name": f"{self.place.environment}.{self.place.component}.slack",
            "description": "Sends state changes of alarms to Slack",
            "assume_role_policy_document": policy(trust),
            "inline_policy": policy({"Effect": "Allow", "Action": "events:InvokeApiDestination", "Resource": arns}),
            "tags": self.tags(f"{self.place.environment}.{self.place.component}.slack"),
        }
        return Resource("iam_role", "slack", self.place.role(properties))


def bearer(token: str) -> str:
    """The header's value that logs a bot in."""
    return f"Bearer {token}"


def alarms_use_of_key(place: Place) -> dict[str, Any]:
    """A key policy statement: without it, CloudWatch cannot publish to a topic with the key, and only the alarm's history says so."""
    return publisher_use_of_key(place, "AlarmsOfCloudWatch", ALARMS)


def alarms_publish(place: Place, topic: str) -> dict[str, Any]:
    """A topic policy statement."""
    return may_publish(place, "AlarmsOfCloudWatch", ALARMS, topic)


def pattern(place: Place, severity: str) -> dict[str, Any]:
    """The state changes of a severity's alarms in an environment: into ALARM, and back to OK."""
    return {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "resources": [{"prefix": place.arn("cloudwatch", f"alarm:{place.environment}-")}],
        "detail": {"state": {"value": ["ALARM", "OK"]}, "alarmTags": {SEVERITY_TAG: [severity]}},
    }


def template(channel: str) -> str:
    """The message as Slack takes it."""
    posted = f'"channel": "{channel}", ' if channel else ""
    return f'{{{posted}"text": "{TEXT}"}}'


def regions_of(home: str, alarms: Collection[Any]) -> tuple[str, ...]:
    """Where alarms live, the component's own region first: their topics must be there too."""
    return tuple(dict.fromkeys((home, *sorted({one.region for one in alarms}))))
