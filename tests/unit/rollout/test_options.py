"""Invalid options: one sentence each, all at once, before any call to the cluster. Also the results of earlier tasks."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.access import from_options
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.eks_access import eks_access
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.problems import BadAccess
from ansible_collections.mainstay.aws.plugins.module_utils.rollout import applied
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.options import argument_spec, plan_of
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.plan import Plan
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.target import Target

from .samples import deployment, merged, stateful_set, template
from .test_success import rows

WEB = {"workloads": [{"name": "web"}]}


def planned(check_mode: bool = False, **options: Any) -> tuple[Plan | None, list[str]]:
    """As in the module: defaults and types are Ansible's."""
    checked = ArgumentSpecValidator(argument_spec()).validate({**WEB, **options})
    assert not checked.error_messages, checked.error_messages
    return plan_of(checked.validated_parameters, check_mode=check_mode)


def metric(**more: Any) -> dict[str, Any]:
    return {"name": "errors", "maximum": 1, "prometheus": {"url": "http://p", "query": "up"}, **more}


BAKE = {"duration": 600}
WATCHED = {"namespace": "n", "metric": "m"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    rows(
        nothing=(
            {"workloads": []},
            "nothing to verify: name workloads, or give the result of the task that applied them as applied (it is not given)",
        ),
        nothing_in_it=(
            {"workloads": [], "applied": {"changed": True, "result": {"kind": "Service", "metadata": {"name": "x"}}}},
            "there is no Deployment, StatefulSet, DaemonSet or Job in it",
        ),
        kind=(
            {"workloads": [{"kind": "Pod", "name": "web"}]},
            "workloads[0].kind is 'Pod'; it has to be one of Deployment, StatefulSet, DaemonSet, Job, or have an api_version such as",
        ),
        name=({"workloads": [{"name": "Web_1"}]}, "workloads[0].name is 'Web_1', which is not a valid name of a workload"),
        required=(
            {"required": "most"},
            "required is 'most'; it has to be full, maxUnavailable, a number of pods or a percentage such as 80%",
        ),
        too_much=({"required": "120%"}, "required is '120%'"),
        no_time=({"wait_timeout": 0}, "wait_timeout is 0; it has to be more than 0"),
        negative=({"max_restarts": -1}, "max_restarts is -1; it cannot be negative"),
        deadline=(
            {"deadline": 60, "wait_timeout": 50, "probes": [{"url": "http://x", "wait": 30}], "rollback": {"to": "none"}},
            "deadline is 60 s, but wait_timeout, the probes' wait, the bake and rollback.timeout add up to 80 s",
        ),
        empty_probe=({"probes": [{"status": [200]}]}, "probes[0] needs url or service"),
        url=(
            {"probes": [{"url": "shop.example.com"}]},
            "probes[0].url is 'shop.example.com'; it has to begin with http:// or https:// and a host",
        ),
        probe_time=(
            {"probes": [{"url": "http://x", "wait": 5, "successes": 10}]},
            "probes[0].wait is 5 s, too short for 10 requests of up to 5 s, 1 s apart",
        ),
        version=({"probes": [{"url": "http://x", "version": "1"}]}, "probes[0] needs version together with version_header or version_body"),
        pattern=({"probes": [{"url": "http://x", "body": "("}]}, "probes[0].body is '(': not a regular expression"),
        no_window=({"metrics": [metric()]}, "metrics need a time span to be measured over: set bake.duration, in seconds"),
        short_window=(
            {"metrics": [metric()], "bake": {"duration": 90}},
            "bake.duration is 90 s, too short for metrics[0] (errors): it needs two periods of 60 s and a lag of 0 s",
        ),
        cloudwatch_lag=({"metrics": [metric(prometheus=None, cloudwatch=WATCHED)], "bake": {"duration": 200}}, "a lag of 120 s"),
        no_source=({"metrics": [metric(prometheus=None)], "bake": BAKE}, "metrics[0] (errors) needs either prometheus or cloudwatch"),
        two_sources=({"metrics": [metric(cloudwatch=WATCHED)], "bake": BAKE}, "needs either prometheus or cloudwatch"),
        half_a_source=(
            {"metrics": [metric(prometheus=None, cloudwatch={"metric": "m"})], "bake": BAKE},
            "cloudwatch needs namespace and metric, or expression",
        ),
        period=(
            {"metrics": [metric(prometheus=None, cloudwatch=WATCHED, period=30)], "bake": BAKE},
            "period is 30; CloudWatch needs a multiple of 60",
        ),
        no_bound=({"metrics": [metric(maximum=None)], "bake": BAKE}, "needs a bound: maximum, minimum, max_ratio or max_increase"),
        two_clusters=(
            {"eks_cluster": "prod", "host": "https://x"},
            "eks_cluster and host are both given; give only one way to reach the cluster",
        ),
        rollback=({"rollback": {"timeout": 0}}, "rollback.timeout is 0; it has to be more than 0"),
    ),
)
def test_a_wrong_option_is_reported_in_one_sentence(options: Mapping[str, Any], sentence: str) -> None:
    plan, problems = planned(**options)
    assert plan is None
    assert len(problems) == 1
    assert sentence in problems[0]


def test_all_mistakes_are_reported_at_once() -> None:
    assert len(planned(required="x", wait_timeout=-1, probes=[{}])[1]) == 3


def test_rule_44_a_deadline_has_room_for_everything() -> None:
    options = {"wait_timeout": 50, "probes": [{"url": "http://x", "wait": 30}, {"service": "x", "wait": 10}], "rollback": {"timeout": 20}}
    assert planned(deadline=109, **options)[0] is None
    assert planned(deadline=110, **options)[0] is not None


def test_the_defaults_are_full_verified_and_locked() -> None:
    plan, problems = planned()
    assert plan is not None, problems
    assert (plan.targets, plan.settings.required, plan.record, plan.lock) == ((Target("Deployment", "web", "default"),), "full", True, True)
    assert plan.rollback is not None
    assert (plan.rollback.to, plan.rollback.first) == ("verified", "keep")


ONE = {"changed": True, "result": deployment()}
SEVERAL = {
    "changed": True,
    "result": {
        "results": [
            {"changed": False, "result": deployment()},
            {"changed": True, "result": {"kind": "ConfigMap", "metadata": {"name": "c"}}},
        ]
    },
}
LOOP = {"results": [{"changed": True, "item": 1, "result": stateful_set()}, {"changed": False, "item": 2, "result": deployment()}]}
GONE = {"changed": True, "result": merged(deployment(), {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}})}


@pytest.mark.parametrize(
    ("result", "expected"),
    rows(
        one=(ONE, [("Deployment", True)]),
        several=(SEVERAL, [("Deployment", False)]),
        loop=(LOOP, [("StatefulSet", True), ("Deployment", False)]),
        deleted=(GONE, []),
        resources=({"resources": []}, []),
    ),
)
def test_what_was_applied_is_read_from_the_result(result: Any, expected: list[tuple[str, bool]]) -> None:
    assert [(target.kind, target.changed) for target in applied.targets(result, trusted=True)] == expected


def test_rule_02_the_generation_that_the_apply_returned_is_remembered() -> None:
    found = applied.targets(ONE, trusted=True)[0]
    assert (found.generation, found.uid, found.template, found.namespace) == (2, "u-web", template(), "shop")


def test_rule_19_changed_configuration_of_the_same_apply_is_remembered() -> None:
    assert applied.targets(SEVERAL, trusted=True)[0].changed_configs == {("ConfigMap", "c")}


def test_rule_66_the_answer_of_a_dry_run_has_no_generation_to_wait_for() -> None:
    assert applied.targets(ONE, trusted=False)[0] == Target("Deployment", "web", "shop")


CONFIG = {
    "current-context": "a",
    "clusters": [{"name": "c", "cluster": {"server": "https://c:6443/"}}],
    "users": [{"name": "u", "user": {"token": "t"}}],
    "contexts": [{"name": "a", "context": {"cluster": "c", "user": "u"}}, {"name": "b", "context": {"cluster": "nobody"}}],
}


@pytest.mark.parametrize(
    ("options", "sentence"),
    rows(
        no_file=({"kubeconfig": "/nowhere/config"}, "kubeconfig /nowhere/config cannot be read: No such file or directory"),
        context=({"kubeconfig": CONFIG, "context": "x"}, "the kubeconfig has no context 'x'; it has a, b"),
        cluster=({"kubeconfig": CONFIG, "context": "b"}, "the kubeconfig has no cluster 'nobody', which its context names"),
        certificate=({"kubeconfig": CONFIG, "ca_cert": "/nowhere/ca"}, "ca_cert /nowhere/ca cannot be read"),
        plugin=(
            {"kubeconfig": merged(CONFIG, {"users": [{"name": "u", "user": {"exec": {"command": "no-such-plugin"}}}]})},
            "the credential plugin no-such-plugin of the kubeconfig cannot be run",
        ),
    ),
)
def test_an_unidentifiable_cluster_is_reported_in_one_sentence(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadAccess) as error:
        from_options(options, {}).headers(renew=False)
    assert sentence in str(error.value)


def test_a_kubeconfig_determines_server_and_user(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(CONFIG))
    for options in ({"kubeconfig": CONFIG}, {"kubeconfig": str(path)}):
        found = from_options(options, {})
        assert (found.server, found.headers(renew=False)) == ("https://c:6443", {"Authorization": "Bearer t"})
    assert from_options({}, {"K8S_AUTH_KUBECONFIG": str(path)}).server == "https://c:6443"
    named = from_options({"host": "https://other/", "api_key": "k"}, {})
    assert (named.server, named.headers(renew=False), named.can_renew()) == ("https://other", {"Authorization": "Bearer k"}, False)


def test_relative_paths_are_relative_to_the_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from a file\n")
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump({**CONFIG, "users": [{"name": "u", "user": {"tokenFile": "token"}}]}))
    found = from_options({"kubeconfig": str(path)}, {})
    assert found.headers(renew=False) == {"Authorization": "Bearer from a file"}
    (tmp_path / "token").write_text("another")
    assert found.headers(renew=True) == {"Authorization": "Bearer another"}


def test_the_documentation_names_every_option() -> None:
    from ansible_collections.mainstay.aws.plugins.modules import k8s_rollout_verify

    documented = yaml.safe_load(k8s_rollout_verify.DOCUMENTATION)["options"]
    assert set(documented) == set(argument_spec())


class Aws:
    """Clients of an account with one cluster."""

    def __init__(self, status: str = "ACTIVE") -> None:
        self.status = status

    def __call__(self, service: str) -> Any:
        client = boto3.client(service, region_name="eu-west-1", aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="x" * 40)
        if service == "eks":
            authority = {"data": base64.b64encode(b"PEM").decode()}
            found = {"cluster": {"status": self.status, "endpoint": "https://c", "certificateAuthority": authority}}
            client.describe_cluster = lambda name: found
        return client


def test_an_eks_cluster_is_reached_with_tokens_that_can_be_renewed() -> None:
    found = eks_access(Aws(), "prod", "eu-west-1")
    assert (found.server, found.authority, found.can_renew()) == ("https://c", "PEM", True)
    assert found.headers(renew=True)["Authorization"].startswith("Bearer k8s-aws-v1.")
    assert found.token is not None
    assert found.token.ends is not None


@pytest.mark.parametrize(
    ("status", "region", "sentence"),
    rows(
        creating=("CREATING", "eu-west-1", "EKS cluster prod is CREATING; it has to be ACTIVE"),
        no_region=("ACTIVE", None, "region is not set"),
    ),
)
def test_an_unusable_eks_cluster_is_reported(status: str, region: str | None, sentence: str) -> None:
    with pytest.raises(BadAccess, match=sentence):
        eks_access(Aws(status), "prod", region)
