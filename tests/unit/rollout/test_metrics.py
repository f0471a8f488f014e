"""Rules 49 to 54: how measurements over a bake time are judged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.values import Settings
from ansible_collections.mainstay.aws.plugins.module_utils.rollout import metric_sources
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.baking import Baking
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.metric_sources import of_cloudwatch, of_prometheus, read_metric
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.metrics import (
    Measurement,
    Metric,
    Reading,
    bad_before,
    extends,
    filled,
    judge_at_end,
    judge_so_far,
    measure,
    window,
    window_before,
)
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.plan import Bake, Ending

from .fake_api import FakeApi
from .running import Hasty, outcome, settled, verify
from .samples import T0, deployment, unready
from .test_success import rows

PROMETHEUS = {"prometheus": {"url": "http://prometheus", "query": "up"}}


def metric(**more: Any) -> Metric:
    return Metric(**{"name": "errors", "source": PROMETHEUS, "maximum": 1.0, **more})


def series(outcomes: str) -> list[Measurement]:
    """Such as "sfe": success, failure, error; i is inconclusive and g a gross breach."""
    names: dict[str, Any] = {"s": "success", "f": "failure", "e": "error", "i": "inconclusive", "g": "failure"}
    return [Measurement(names[letter], "told", 1.0, gross=letter == "g") for letter in outcomes]


@pytest.mark.parametrize(
    ("outcomes", "limits", "expected"),
    rows(
        good=("sss", {}, "success"),
        one_bad_is_too_many=("sf", {}, "failure"),
        errors_are_not_failures=("sees", {}, "success"),
        four_errors_are_borne=("seeee", {}, "success"),
        five_are_not=("seeeee", {}, "error"),
        only_errors=("ee", {}, "error"),
        nothing=("ii", {}, "inconclusive"),
        never_measured=("", {}, "inconclusive"),
        borne_failures=("sfsf", {"failure_limit": 1}, "success"),
        borne_but_never_good=("fff", {"failure_limit": 9}, "failure"),
    ),
)
def test_rule_49_four_verdicts(outcomes: str, limits: dict[str, int], expected: str) -> None:
    assert judge_at_end(metric(**limits), series(outcomes)).outcome == expected


def test_rule_49_a_provider_that_fails_is_not_a_bad_metric() -> None:
    assert measure(Reading(error="HTTP 500"), metric(), None) == Measurement("error", "HTTP 500")


@pytest.mark.parametrize(
    ("reading", "said"),
    rows(
        no_data=(Reading(), "0 samples, 1 needed"),
        not_a_number=(Reading((math.nan,)), "not a number"),
        infinite=(Reading((0.1, math.inf)), "not a number"),
        several_series=(Reading((0.1,), 3), "3 series came back"),
    ),
)
def test_rule_50_no_usable_data_is_never_a_good_value(reading: Reading, said: str) -> None:
    found = measure(reading, metric(), None)
    assert found.outcome == "inconclusive"
    assert said in found.text


def test_rule_50_too_few_samples_prove_nothing() -> None:
    assert measure(Reading((0.0, 0.0)), metric(min_samples=3), None).outcome == "inconclusive"
    assert measure(Reading((0.0, 0.0, 0.0)), metric(min_samples=3), None).outcome == "success"


@pytest.mark.parametrize(
    ("policy", "expected", "goes_on"),
    rows(fail=("fail", "inconclusive", False), passes=("pass", "success", False), extend=("extend", "inconclusive", True)),
)
def test_rule_50_what_no_data_means_is_a_policy(policy: Any, expected: str, goes_on: bool) -> None:
    judged = judge_at_end(metric(on_no_data=policy), series("ii"))
    assert judged.outcome == expected
    assert extends(metric(on_no_data=policy), judged) is goes_on


@pytest.mark.parametrize(
    ("begin", "now", "lag", "expected"),
    rows(
        whole_periods=(10, 200, 0, (60, 180)),
        data_that_comes_late=(10, 300, 120, (60, 180)),
        too_early=(10, 100, 0, None),
        on_the_minute=(0, 60, 0, (0, 60)),
    ),
)
def test_rule_51_a_window_holds_nothing_from_before_and_nothing_incomplete(begin: float, now: float, lag: float, expected: Any) -> None:
    found = window(metric(lag=lag), T0 + timedelta(seconds=begin), T0 + timedelta(seconds=now))
    assert (found and tuple((when - T0).total_seconds() for when in found)) == expected


@pytest.mark.parametrize(
    ("results", "expected"),
    rows(
        complete=([{"StatusCode": "Complete", "Label": "a", "Values": [1, 2]}], Reading((1.0, 2.0))),
        pages=(
            [{"StatusCode": "PartialData", "Label": "a", "Values": [1]}, {"StatusCode": "Complete", "Label": "a", "Values": [2]}],
            Reading((1.0, 2.0)),
        ),
        partial=([{"StatusCode": "PartialData", "Label": "a", "Values": [1]}], Reading(error="CloudWatch answered PartialData")),
        internal=([{"StatusCode": "InternalError", "Label": "a", "Values": []}], Reading(error="CloudWatch answered InternalError")),
        several=([{"Label": "a", "Values": [1]}, {"Label": "b", "Values": [2]}], Reading((1.0, 2.0), 2)),
        nothing=([], Reading()),
    ),
)
def test_rule_51_cloudwatch_metrics(results: list[Mapping[str, Any]], expected: Reading) -> None:
    assert of_cloudwatch(results) == expected


class CloudWatch:
    """A client that returns two pages."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def get_metric_data(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        if "NextToken" in asked:
            return {"MetricDataResults": [{"StatusCode": "Complete", "Label": "a", "Values": [2.0]}]}
        return {"MetricDataResults": [{"StatusCode": "PartialData", "Label": "a", "Values": [1.0]}], "NextToken": "more"}


def test_rule_51_all_pages_of_cloudwatch_are_read() -> None:
    client = CloudWatch()
    source = {"cloudwatch": {"namespace": "AWS/ApplicationELB", "metric": "Errors", "dimensions": {"Name": "${name}"}, "statistic": "Sum"}}
    span = (T0, T0 + timedelta(seconds=120))
    assert read_metric(metric(source=source), span, {"name": "web"}, lambda: client) == Reading((1.0, 2.0))
    assert (client.asked[0]["StartTime"], client.asked[0]["EndTime"]) == span
    stat = client.asked[0]["MetricDataQueries"][0]["MetricStat"]
    assert (stat["Stat"], stat["Period"], stat["Metric"]["Dimensions"]) == ("Sum", 60, [{"Name": "Name", "Value": "web"}])


def test_rule_51_a_provider_that_fails_is_a_reading() -> None:
    def broken() -> Any:
        raise RuntimeError("no credentials")

    found = read_metric(metric(source={"cloudwatch": {"expression": "1"}}), (T0, T0), {}, broken)
    assert found.error == "RuntimeError: no credentials"


@pytest.mark.parametrize(
    ("outcomes", "limit", "expected"),
    rows(
        in_a_row=("sff", 1, "failure"),
        interrupted=("fsf", 1, None),
        gross_at_once=("sg", 5, "failure"),
        nothing_yet=("", 0, None),
    ),
)
def test_rule_52_bad_measurements_in_a_row_end_the_bake(outcomes: str, limit: int, expected: str | None) -> None:
    assert judge_so_far(metric(failure_limit=limit), series(outcomes)).outcome == expected


def test_rule_52_a_gross_breach_is_one_beyond_its_own_bound() -> None:
    bound = metric(gross=50.0, failure_limit=9)
    assert [measure(Reading((value,)), bound, None).gross for value in (2.0, 51.0)] == [False, True]
    floor = metric(maximum=None, minimum=99.0, gross=50.0)
    assert [measure(Reading((value,)), floor, None).gross for value in (60.0, 40.0)] == [False, True]


@pytest.mark.parametrize(
    ("bounds", "before", "after", "expected"),
    rows(
        as_before=({"max_ratio": 1.5}, 2.0, 2.9, "success"),
        worse=({"max_ratio": 1.5}, 2.0, 3.1, "failure"),
        a_little_of_nothing=({"max_ratio": 1.5, "max_increase": 0.01}, 0.0, 0.005, "success"),
        much_of_nothing=({"max_ratio": 1.5, "max_increase": 0.01}, 0.0, 0.02, "failure"),
        increase_alone=({"max_increase": 0.5}, 1.0, 1.4, "success"),
        too_much_alone=({"max_increase": 0.5}, 1.0, 1.6, "failure"),
        nothing_to_compare=({"max_ratio": 1.5}, None, 1.0, "inconclusive"),
    ),
)
def test_rule_53_a_metric_is_compared_with_what_it_was_before(bounds: dict[str, float], before: Any, after: float, expected: str) -> None:
    baseline = Reading() if before is None else Reading((before,))
    assert measure(Reading((after,)), metric(maximum=None, **bounds), baseline).outcome == expected


def test_rule_53_the_window_before_ends_where_the_rollout_began() -> None:
    first, last = window_before(metric(), T0 + timedelta(seconds=90), 300)
    assert ((first - T0).total_seconds(), (last - T0).total_seconds()) == (-240, 60)


def test_rule_53_a_metric_that_was_bad_before_is_no_evidence_about_the_rollout() -> None:
    assert "was bad before the rollout already: 7 is above 1" in bad_before(metric(), Reading((7.0,)))
    assert bad_before(metric(), Reading((0.5,))) == ""
    assert bad_before(metric(), Reading()) == ""
    assert bad_before(metric(max_ratio=2.0), Reading((7.0,))) == ""


VALUES = {"revision": "5d8f", "name": "web", "namespace": "shop"}


def test_rule_54_the_new_revision_can_be_named_in_a_query() -> None:
    query = 'sum(rate(errors{pod=~"${name}-${revision}-.*"}[2m]))'
    assert filled(query, VALUES) == 'sum(rate(errors{pod=~"web-5d8f-.*"}[2m]))'


def test_rule_54_the_revision_reaches_prometheus(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Pool(200, b'{"status": "success", "data": {"result": []}}')
    monkeypatch.setattr(metric_sources.urllib3, "PoolManager", pool)
    source = {"prometheus": {"url": "http://prometheus", "query": "errors_${revision}"}}
    assert read_metric(metric(source=source), (T0, T0 + timedelta(seconds=60)), VALUES, None) == Reading()
    assert "query=errors_5d8f&" in pool.asked[0][0]


@pytest.mark.parametrize(("query", "values"), rows(quote=("${name}", {"name": 'a"} or vector(0)'}), unknown=("${password}", VALUES)))
def test_rule_54_nothing_can_be_smuggled_into_a_query(query: str, values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"put into a query|is not known"):
        filled(query, values)


class Pool:
    """A stand-in for urllib3 that returns scripted responses."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status, self.data, self.asked = status, body, []

    def __call__(self, **_options: Any) -> Any:
        return self

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def request(self, _method: str, url: str, headers: Mapping[str, str], **_options: Any) -> Any:
        self.asked.append((url, headers))
        return self


def test_rule_54_a_token_is_sent_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Pool(401, b'{"status": "error", "error": "unauthorized"}')
    monkeypatch.setattr(metric_sources.urllib3, "PoolManager", pool)
    source = {"prometheus": {"url": "http://prometheus/", "query": "up", "token": "very-secret"}}
    found = read_metric(metric(source=source), (T0, T0 + timedelta(seconds=60)), VALUES, None)
    assert found.error == "Prometheus answered HTTP 401: unauthorized"
    assert "very-secret" not in found.error
    assert pool.asked[0][1] == {"Authorization": "Bearer very-secret"}
    assert pool.asked[0][0].startswith("http://prometheus/api/v1/query_range?query=up&start=")


@pytest.mark.parametrize(
    ("answer", "expected"),
    rows(
        one=([{"values": [[1, "0.5"], [2, "NaN"]]}], 2),
        none=([], 0),
        several=([{"values": [[1, "1"]]}, {"values": [[1, "2"]]}], 1),
    ),
)
def test_rule_50_prometheus_metrics(answer: Sequence[Any], expected: int) -> None:
    found = of_prometheus(200, {"status": "success", "data": {"result": answer}})
    assert len(found.samples) == expected
    assert found.series == max(1, len(answer))


def baked(readings: Mapping[float, float], before: float = 0.0, **bake: float) -> tuple[str, str]:
    """A five-minute bake with a metric that has these values from these seconds on."""

    def ask(_metric: Metric, span: Any) -> Reading:
        if span[1] <= T0:
            return Reading((before,))
        first, last = ((when - T0).total_seconds() for when in span)
        ends = [*list(readings)[1:], math.inf]
        return Reading(tuple(value for (begin, value), end in zip(readings.items(), ends) if begin < last and end > first))

    baking = Baking(Bake(**{"duration": 300, **bake}), (metric(),), ask, T0, T0, 0.0)
    ending: Ending | None = baking.begin()
    second = 0
    while ending is None:
        second += 10
        ending = baking.step(float(second), T0 + timedelta(seconds=second))
    return ending.code, str(second)


def test_rule_52_a_bake_ends_early_when_it_is_certain() -> None:
    assert baked({0: 0.1}) == ("baked", "300")
    assert baked({0: 0.1, 120: 9.0}) == ("metric_failure", "180")
    assert baked({0: 0.1}, before=9.0) == ("already_bad", "0")


def test_rule_51_what_is_before_the_initial_delay_is_not_measured() -> None:
    assert baked({0: 9.0, 180: 0.1}, initial_delay=180) == ("baked", "480")


@pytest.mark.parametrize("lasting", [False, True])
def test_rule_23_pods_are_watched_during_the_bake(lasting: bool) -> None:
    """The Deployment's condition is unchanged: only its pods show the failure."""
    with FakeApi() as api:
        settled(api)
        crashing = unready()
        crashing["status"]["containerStatuses"][0]["restartCount"] = 9

        class Spoiling(Hasty):
            looks = 0

            def wait_for_news(self, seconds: float) -> None:
                self.looks += 1
                if self.looks == 5:
                    api.put(deployment(availableReplicas=2) if lasting else crashing)
                super().wait_for_news(seconds)

        found = verify(api, bell=Spoiling(), bake=Bake(600), settings=Settings(wait=60, grace=10))
        assert outcome(found) == (("failure", "degraded") if lasting else ("failure", "crash_loop"))
        assert found.ending is not None
        assert found.ending.stage == "bake"
