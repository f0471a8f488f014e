"""Rules 38 to 44: how a cluster's API can fail its watchers."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes import client as client_module
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.access import Access, Token, exec_token
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.client import resource_of
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.clock import EventClock
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.problems import Forbidden, Unauthorized, Unreachable
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.values import Settings
from ansible_collections.mainstay.aws.plugins.module_utils.rollout import trim
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.mirror import Mirror
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.target import Target, selector
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.verifier import Verifier

from .fake_api import FakeApi, Request, failure
from .running import BAD, DEPLOYMENTS, PODS, WEB, Hasty, client, in_background, outcome, plan, settled, verify
from .samples import ROLLING, SETS, deployment, merged, pod, unready
from .test_success import rows

DONE = ("success", "complete")


@pytest.fixture
def api() -> Any:
    with FakeApi() as found:
        yield found


def only(times: int, reply: Any, verb: str = "", ending: str = "") -> Any:
    """A fault that happens this many times, to requests of this kind."""
    left = [times]

    def fault(request: Request) -> Any:
        if left[0] and str(request).startswith(verb) and request.path.endswith(ending):
            left[0] -= 1
            return reply
        return None

    return fault


def finishing(api: FakeApi, bell: EventClock | None = None, **options: Any) -> tuple[str, str]:
    """The verdict on a rollout that completes while it is watched."""
    settled(api, status=ROLLING)
    result = in_background(lambda: verify(api, bell=bell or EventClock(), **options))
    api.wait_for_watch(DEPLOYMENTS)
    api.put(deployment())
    return outcome(result())


def test_rule_38_a_list_then_a_watch_from_its_version(api: FakeApi) -> None:
    assert finishing(api) == DONE
    watched = api.asked("watch", "/deployments")[0]
    assert watched.query["fieldSelector"] == "metadata.name=web"
    assert int(watched.query["resourceVersion"]) > 100
    assert {"timeoutSeconds", "allowWatchBookmarks"} <= set(watched.query)


@pytest.mark.parametrize(
    "how",
    rows(
        by_status=(lambda api: api.faults.append(only(1, failure(410), "watch", "/deployments")),),
        in_the_stream=(
            lambda api: api.faults.append(only(1, (200, {}, b'{"type":"ERROR","object":{"code":410}}\n'), "watch", "/deployments")),
        ),
    ),
)
def test_rule_38_after_410_everything_is_read_again(api: FakeApi, how: Any) -> None:
    settled(api)
    bell = Hasty()
    mirror = Mirror(client(api, bell), bell, DEPLOYMENTS, trim.everything)
    mirror.read()
    how(api)
    mirror.follow()
    api.wait_for_watch(DEPLOYMENTS)
    mirror.end()
    assert mirror.relists == 2


def test_rule_38_an_interrupted_watch_resumes_where_it_was(api: FakeApi) -> None:
    settled(api)
    bell = Hasty()
    mirror = Mirror(client(api, bell), bell, DEPLOYMENTS, trim.everything)
    mirror.read()
    mirror.follow()
    api.wait_for_watch(DEPLOYMENTS)
    api.cut()
    api.put(merged(deployment(), {"metadata": {"generation": 9}}))
    api.wait_for_watch(DEPLOYMENTS)
    while mirror.things()[0]["metadata"]["generation"] != 9:
        bell.wait_for_news(1)
    mirror.end()
    assert mirror.relists == 1


def test_rule_39_every_read_has_a_time_limit(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(api)
    hold = threading.Event()
    monkeypatch.setattr(client_module, "READ_SECONDS", 0.2)
    api.faults.append(lambda request: hold.wait(5) and None)
    with pytest.raises(Unreachable, match=r"does not answer: .*timed out"):
        client(api, seconds=0.3).get(WEB.path)
    hold.set()


def test_rule_39_a_silent_watch_does_not_hide_changes(api: FakeApi) -> None:
    settled(api, status=ROLLING)
    silent = threading.Event()
    api.faults.append(lambda request: (silent.wait(20), failure(500))[1] if request.watches else None)
    result = in_background(lambda: verify(api))
    while not api.asked("watch", "/deployments"):
        time.sleep(0.01)
    api.put(deployment())
    found = result()
    silent.set()
    assert outcome(found) == DONE


REFUSED = (0, {}, b"")


@pytest.mark.parametrize(
    "reply",
    rows(
        too_many=(failure(429),),
        internal=(failure(500),),
        bad_gateway=(failure(502),),
        unavailable=(failure(503),),
        gateway_timeout=(failure(504),),
        broken_off=(REFUSED,),
        half_an_answer=((200, {}, b'{"kind": "Deploy'),),
    ),
)
def test_rule_40_what_passes_is_tried_again(api: FakeApi, reply: Any) -> None:
    settled(api)
    api.faults.append(only(3, reply, "get", "/web"))
    assert client(api).get(WEB.path)["metadata"]["name"] == "web"


def test_rule_40_an_api_that_is_away_for_a_minute_is_waited_for(api: FakeApi) -> None:
    settled(api)
    bell = Hasty()
    asked = client(api, bell, seconds=120)
    until = bell.now() + 60
    api.faults.append(lambda request: failure(503) if bell.now() < until else None)
    assert asked.get(WEB.path)["metadata"]["name"] == "web"
    api.faults[:] = [lambda request: failure(503, "restarting")]
    with pytest.raises(Unreachable, match="HTTP 503: restarting"):
        asked.get(WEB.path)


def test_rule_40_retry_after_is_obeyed(api: FakeApi) -> None:
    settled(api)
    bell = Hasty()
    api.faults.append(only(1, failure(429, **{"Retry-After": "17"})))
    client(api, bell, seconds=60).get(WEB.path)
    assert bell.jumped >= 17


def tokens(*values: str) -> Token:
    left = list(values)
    return Token(lambda: (left.pop(0), None))


def only_token(value: str) -> Any:
    return lambda request: None if request.headers["authorization"] == f"Bearer {value}" else failure(401, "expired")


def test_rule_40_an_expired_token_is_renewed(api: FakeApi) -> None:
    settled(api)
    api.faults.append(only_token("second"))
    asked = client(api, token=tokens("first", "second"))
    assert asked.get(WEB.path)["metadata"]["name"] == "web"
    assert asked.get(WEB.path)["metadata"]["name"] == "web"


def test_rule_40_credentials_that_stay_wrong_are_an_error(api: FakeApi) -> None:
    api.faults.append(only_token("third"))
    with pytest.raises(Unauthorized, match="does not accept the credentials"):
        client(api, token=tokens("first", "second")).get(WEB.path)
    with pytest.raises(Unauthorized):
        client(api, token=tokens("first"), fixed=True).get(WEB.path)


def test_rule_40_a_token_is_renewed_before_it_ends() -> None:
    made: list[str] = []

    def make() -> tuple[str, datetime | None]:
        made.append(str(len(made)))
        return made[-1], datetime.now(UTC) + timedelta(seconds=30 if len(made) == 1 else 900)

    token = Token(make)
    assert [token.get(renew=False) for _look in range(3)] == ["0", "1", "1"]


def test_rule_40_a_credential_plugin_gives_a_token_and_its_end() -> None:
    said = '{"status": {"token": "t", "expirationTimestamp": "2026-03-01T12:00:00Z"}}'
    token, ends = exec_token(
        {"command": "sh", "args": ["-c", 'test -n "$KUBERNETES_EXEC_INFO" && echo "$SAID"'], "env": [{"name": "SAID", "value": said}]}
    )
    assert (token, ends) == ("t", datetime(2026, 3, 1, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("path", "named"),
    rows(
        one=(WEB.path, "deployments.apps in namespace shop"),
        core=(f"{PODS}/web-1", "pods in namespace shop"),
        cluster=("/api/v1/nodes", "nodes"),
        namespaces=("/api/v1/namespaces", "namespaces"),
    ),
)
def test_rule_40_missing_permission_names_verb_and_resource(api: FakeApi, path: str, named: str) -> None:
    assert resource_of(path) == named
    api.faults.append(lambda request: failure(403, "not you"))
    with pytest.raises(Forbidden, match=f"no permission to get {named}: not you"):
        client(api).get(path)


def test_rule_40_missing_permission_ends_the_run(api: FakeApi) -> None:
    settled(api)
    api.faults.append(lambda request: failure(403, "not you") if request.path.endswith("/pods") else None)
    found = verify(api)
    assert outcome(found) == ("error", "forbidden")
    assert found.ending is not None
    assert "no permission to get pods in namespace shop" in found.ending.sentence


def test_rule_40_what_was_just_made_may_take_a_moment_to_appear(api: FakeApi) -> None:
    settled(api)
    api.faults.append(only(3, failure(404), "get", "/web"))
    assert outcome(verify(api, Target("Deployment", "web", "shop", uid="u-web", generation=2))) == DONE
    found = verify(api, Target("Deployment", "nobody", "shop"))
    assert found.ending is not None
    assert (found.ending.code, found.ending.sentence) == ("not_found", "there is no Deployment shop/nobody.")


def watched(name: str, version: int, kind: str = "MODIFIED") -> dict[str, Any]:
    return {"type": kind, "object": {"kind": "Pod", "metadata": {"name": name, "uid": name, "resourceVersion": str(version)}}}


def test_rule_41_events_may_come_twice_and_late(api: FakeApi) -> None:
    bell = Hasty()
    mirror = Mirror(client(api, bell), bell, PODS, lambda found: {"metadata": found["metadata"]})
    mirror.take(watched("a", 10))
    mirror.take(watched("a", 12))
    mirror.take(watched("a", 11))
    mirror.take(watched("a", 12))
    mirror.take(watched("gone", 13, "BOOKMARK"))
    assert [thing["metadata"]["resourceVersion"] for thing in mirror.things()] == ["12"]
    mirror.take(watched("a", 11, "DELETED"))
    assert len(mirror.things()) == 1


def test_rule_41_a_list_from_a_server_that_lags_behind_is_not_believed(api: FakeApi) -> None:
    settled(api)
    bell = Hasty()
    mirror = Mirror(client(api, bell), bell, DEPLOYMENTS, trim.everything)
    mirror.read()
    newer = api.at(WEB.path)
    newer["metadata"] |= {"resourceVersion": "900", "generation": 7}
    mirror.take({"type": "MODIFIED", "object": newer})
    mirror.read()
    assert mirror.things()[0]["metadata"]["generation"] == 7
    newer["metadata"]["resourceVersion"] = "901"
    mirror.take({"type": "DELETED", "object": newer})
    mirror.read()
    assert mirror.things() == []


def test_rule_41_what_was_deleted_does_not_come_back_by_a_late_event(api: FakeApi) -> None:
    bell = Hasty()
    mirror = Mirror(client(api, bell), bell, PODS, trim.pod)
    mirror.read()
    mirror.take(watched("late", 50, "ADDED"))
    assert mirror.things() == []


def test_rule_42_long_lists_come_in_pages(api: FakeApi) -> None:
    api.page = 100
    for number in range(250):
        api.put(pod(f"web-{number}"))
    assert len(client(api).list(PODS).items) == 250
    assert len(api.asked("list", "/pods")) == 3


def test_rule_42_an_expired_page_restarts_the_list(api: FakeApi) -> None:
    api.page = 100
    for number in range(150):
        api.put(pod(f"web-{number}"))
    left = [1]
    api.faults.append(lambda request: failure(410) if "continue" in request.query and left and left.pop() else None)
    assert len(client(api).list(PODS).items) == 150


def test_rule_42_only_what_the_selector_names_is_read_and_little_of_it_kept(api: FakeApi) -> None:
    settled(api)
    verify(api)
    assert api.asked("list", "/pods")[0].query["labelSelector"] == "app=web"
    long = merged(
        pod(), {"metadata": {"annotations": {"a": "x" * 9000}}, "spec": {"containers": [{"name": "app", "env": [{"name": "x" * 9000}]}]}}
    )
    assert len(str(trim.pod(long))) < 2000
    expressions = [{"key": "a", "operator": "In", "values": ["b", "c"]}, {"key": "d", "operator": "DoesNotExist"}]
    live = {"spec": {"selector": {"matchLabels": {"x": "y"}, "matchExpressions": expressions}}}
    assert selector(live) == "x=y,a in (b,c),!d"


def test_rule_42_a_thousand_pods_among_five_thousand_others_cost_few_calls(api: FakeApi) -> None:
    counts = {"replicas": 1000, "updatedReplicas": 1000}
    rolling = merged(deployment(**counts, availableReplicas=999), {"spec": {"replicas": 1000}})
    for thing in [rolling, *SETS, *(pod(f"web-{number}") for number in range(1000))]:
        api.put(thing)
    for number in range(5000):
        api.put(merged(pod(f"other-{number}"), {"metadata": {"labels": {"app": "other"}}}))
    bell = EventClock()
    asked = client(api, bell, 60)
    verifier = Verifier(asked, bell, plan(), lambda *_: None, "this test")
    result = in_background(verifier.run)
    api.wait_for_watch(PODS)
    api.put(merged(rolling, {"status": {"availableReplicas": 1000}}))
    assert outcome(result()) == DONE
    assert len(verifier.watches[0].pods.things()) == 1000
    assert asked.counters.calls < 40


@pytest.mark.parametrize("hours", [-5, 0, 5])
def test_rule_43_our_clock_may_be_wrong(api: FakeApi, hours: int) -> None:
    api.skew = timedelta(hours=hours)
    asked = client(api)
    settled(api)
    asked.get(WEB.path)
    assert abs(asked.server_now() - datetime.now(UTC) - timedelta(hours=hours)) < timedelta(seconds=30)


def test_rule_43_deadlines_are_on_a_clock_that_only_goes_forward(api: FakeApi) -> None:
    api.skew = timedelta(days=300)
    settled(api, status=ROLLING)
    found = verify(api, settings=Settings(wait=30, quiet=300))
    assert outcome(found) == ("failure", "timeout")


def test_rule_44_the_time_that_everything_may_take_is_known_before() -> None:
    from ansible_collections.mainstay.aws.plugins.module_utils.rollout.plan import Bake
    from ansible_collections.mainstay.aws.plugins.module_utils.rollout.probes import Probe
    from ansible_collections.mainstay.aws.plugins.module_utils.rollout.rollback_target import RollbackPolicy

    whole = plan(
        settings=Settings(wait=100),
        probes=(Probe("http://x", wait=20),),
        bake=Bake(30, 5, 7),
        rollback=RollbackPolicy(),
        rollback_seconds=40,
    )
    assert whole.longest == 100 + 20 + 42 + 40


def test_rule_44_the_deadline_is_kept(api: FakeApi) -> None:
    api.put(BAD)
    for thing in [*SETS, unready()]:
        api.put(thing)
    bell = Hasty()
    began = bell.now()
    assert outcome(verify(api, bell=bell, settings=Settings(wait=30, quiet=600))) == ("failure", "timeout")
    assert 30 <= bell.now() - began <= 35


def test_rule_44_a_request_to_stop_reports_the_state(api: FakeApi) -> None:
    settled(api, status=ROLLING)
    bell = EventClock()
    result = in_background(lambda: verify(api, bell=bell))
    api.wait_for_watch(PODS)
    bell.stop()
    found = result()
    assert outcome(found) == ("error", "interrupted")
    assert found.ending is not None
    assert "Interrupted; nothing was rolled back. Deployment shop/web: 1 of 3 pods are new" in found.ending.sentence


def test_an_api_that_cannot_be_reached_is_an_error_of_its_own() -> None:
    bell = Hasty()
    asked = client_module.Api(Access("http://127.0.0.1:9"), bell, bell.now() + 20)
    with pytest.raises(Unreachable, match=r"the API of http://127.0.0.1:9 does not answer: .*[Rr]efused"):
        asked.get(WEB.path)
