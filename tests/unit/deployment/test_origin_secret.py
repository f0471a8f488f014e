# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The secret header of an Ingress: what the cluster gets, what everything else sees, and how a rotation shows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.application.settings.origin_secret import ORIGIN_SECRET, OriginSecret
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.origin_secret import (
    CONDITIONS,
    OTHER_VALUES,
    SecretValues,
    Veil,
    value_in,
)
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.problems import Refused

NAME = "/mainstay/prod/edge/origin"
OLD, NEW = "O" * 40, "N" * 40
OTHERS = {"field": "query-string", "queryStringConfig": {"values": [{"key": "v", "value": "2"}]}}


def veil(*values: str) -> Veil:
    return Veil(lambda _secret: values)


def ingress(**annotations: str) -> dict[str, Any]:
    given = {ORIGIN_SECRET: OriginSecret(NAME).annotation, "kept": "as it is", **annotations}
    paths = [{"path": path, "backend": {"service": {"name": service}}} for path, service in (("/", "web"), ("/api", "api"))]
    spec = {"rules": [{"http": {"paths": paths}}], "defaultBackend": {"service": {"name": "mainstay-refused"}}}
    return {"kind": "Ingress", "metadata": {"name": "shop", "annotations": given}, "spec": spec}


def conditions(sent: Any, service: str) -> Any:
    return json.loads(sent["metadata"]["annotations"][f"{CONDITIONS}{service}"])


def test_every_rule_demands_one_of_the_values() -> None:
    sent = veil(OLD, NEW).outgoing(ingress())
    header = {"field": "http-header", "httpHeaderConfig": {"httpHeaderName": "x-origin-verify", "values": [OLD, NEW]}}
    assert [conditions(sent, service) for service in ("web", "api")] == [[header], [header]]
    assert f"{CONDITIONS}mainstay-refused" not in sent["metadata"]["annotations"]


def test_conditions_of_the_user_stay() -> None:
    given = ingress(**{f"{CONDITIONS}api": json.dumps([OTHERS])})
    sent = veil(OLD).outgoing(given)
    assert [one["field"] for one in conditions(sent, "api")] == ["query-string", "http-header"]
    seen = veil(OLD).incoming(dict(sent))
    assert seen is not None
    assert conditions(seen, "api") == [OTHERS]


def test_nobody_but_the_cluster_sees_a_value() -> None:
    given = ingress()
    sent = dict(veil(OLD, NEW).outgoing(given))
    assert OLD in json.dumps(sent)
    assert veil(OLD, NEW).incoming(sent) == given
    assert OLD not in json.dumps(given), "what is recorded is not what is sent"


@pytest.mark.parametrize(("there", "now"), [((OLD,), (OLD, NEW)), ((OLD, NEW), (NEW,)), ((), (NEW,))])
def test_a_step_of_a_rotation_is_a_difference_without_values(there: tuple[str, ...], now: tuple[str, ...]) -> None:
    live = dict(veil(*there).outgoing(ingress())) if there else ingress()
    seen = veil(*now).incoming(live)
    assert seen is not None
    assert seen["metadata"]["annotations"][ORIGIN_SECRET] == OTHER_VALUES
    assert not {OLD, NEW} & set(json.dumps(seen).split('"'))


def test_the_values_of_services_that_left_are_not_shown() -> None:
    live = dict(veil(OLD).outgoing(ingress()))
    live["metadata"]["annotations"][f"{CONDITIONS}former"] = live["metadata"]["annotations"][f"{CONDITIONS}api"]
    assert OLD not in json.dumps(veil(OLD).incoming(live))


@pytest.mark.parametrize("other", [{"kind": "Deployment", "metadata": {}}, {"kind": "Ingress", "metadata": {"name": "x"}}, {}])
def test_other_objects_pass_through(other: dict[str, Any]) -> None:
    def unread(_secret: str) -> tuple[str, ...]:
        raise AssertionError("no secret is to be read")

    assert Veil(unread).outgoing(other) is other
    assert Veil(unread).incoming(other) is other


class Secrets:
    """Secrets Manager with the versions of one secret, by stage."""

    def __init__(self, **stages: str) -> None:
        self.stages, self.reads = stages, 0

    def find(self, _service: str, _method: str, **params: str) -> dict[str, str] | None:
        self.reads += 1
        text = self.stages.get(params["VersionStage"])
        return {"SecretString": text} if text else None


@pytest.mark.parametrize(
    ("stages", "values"),
    [
        ({"AWSCURRENT": OLD, "AWSPREVIOUS": NEW}, (OLD,)),
        ({"AWSCURRENT": OLD, "AWSPENDING": NEW}, (OLD, NEW)),
        ({"AWSCURRENT": OLD, "AWSPENDING": OLD}, (OLD,)),
        ({"AWSCURRENT": json.dumps({"password": OLD})}, (OLD,)),
    ],
)
def test_the_current_and_the_pending_value_are_admitted(stages: dict[str, str], values: tuple[str, ...]) -> None:
    """Both during a rotation; the previous one no longer."""
    there: Any = Secrets(**stages)
    read = SecretValues(there)
    assert read(NAME) == read(NAME) == values
    assert there.reads == 2


@pytest.mark.parametrize("text", ["", "short", "with space" * 4, "*" * 20, "é" * 20, "A" * 129, "{}", '{"password": 5}', "[]"])
def test_a_value_that_a_load_balancer_would_not_compare_is_refused(text: str) -> None:
    """An asterisk would admit everything. The message does not have the value."""
    with pytest.raises(Refused) as caught:
        value_in(NAME, text)
    assert len(text) < 3 or text not in str(caught.value)


def test_without_a_current_value_nothing_is_applied() -> None:
    there: Any = Secrets()
    with pytest.raises(Refused, match="has no current value"):
        SecretValues(there)(NAME)


def test_a_broken_annotation_is_refused() -> None:
    with pytest.raises(Refused, match="Ingress shop"):
        veil(OLD).outgoing(ingress(**{ORIGIN_SECRET: "{"}))
