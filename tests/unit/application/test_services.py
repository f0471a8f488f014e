# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Services and workers: what they become by default, what each setting changes, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from .made import DIGEST, answer, container, environment, objects, problems, with_ingress, with_service, with_worker

SELECTOR = {"app.kubernetes.io/name": "api", "app.kubernetes.io/instance": "shop"}


def spec(settings: dict[str, Any], name: str = "api", **given: Any) -> dict[str, Any]:
    return dict(objects(settings, **given)[f"Deployment/{name}"]["spec"])


def pod(settings: dict[str, Any], name: str = "api", **given: Any) -> dict[str, Any]:
    return dict(spec(settings, name, **given)["template"]["spec"])


def test_a_service_is_two_restricted_pods_behind_a_budget() -> None:
    found = objects(with_service())
    kinds = sorted(name for name in found if not name.startswith("NetworkPolicy"))
    assert kinds == ["Deployment/api", "Namespace/shop", "PodDisruptionBudget/api", "Service/api", "ServiceAccount/shop"]
    deployment = found["Deployment/api"]["spec"]
    assert (deployment["replicas"], deployment["revisionHistoryLimit"], deployment["progressDeadlineSeconds"]) == (2, 3, 600)
    assert deployment["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "25%"}}
    assert deployment["selector"] == {"matchLabels": SELECTOR}
    inside = deployment["template"]["spec"]
    assert inside["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert (inside["automountServiceAccountToken"], inside["enableServiceLinks"], inside["serviceAccountName"]) == (False, False, "shop")
    only = container(found)
    assert only["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    assert only["resources"] == {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "256Mi"}}
    assert found["PodDisruptionBudget/api"]["spec"] == {
        "maxUnavailable": "25%",
        "selector": {"matchLabels": SELECTOR},
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }
    assert found["Service/api"]["spec"] == {
        "type": "ClusterIP",
        "selector": SELECTOR,
        "ports": [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}],
    }


def test_labels_say_whose_an_object_is_and_only_what_runs_has_the_version() -> None:
    found = objects(with_service(), version="1.4.2+build 5")
    labels = found["Deployment/api"]["metadata"]["labels"]
    assert labels == {
        **SELECTOR,
        "app.kubernetes.io/component": "service",
        "app.kubernetes.io/part-of": "shop",
        "app.kubernetes.io/version": "1.4.2_build_5",
        "app.kubernetes.io/managed-by": "mainstay.aws",
        "mainstay.aws/environment": "prod",
        "mainstay.aws/component": "shop",
    }
    template = found["Deployment/api"]["spec"]["template"]["metadata"]["labels"]
    assert template == {name: value for name, value in labels.items() if "mainstay.aws" not in name + value}
    with_version = {name for name, one in found.items() if "app.kubernetes.io/version" in one["metadata"]["labels"]}
    assert with_version == {"Deployment/api"}
    assert all(one["metadata"]["labels"]["mainstay.aws/component"] == "shop" for one in found.values())


def test_probes_of_a_path() -> None:
    only = container(objects(with_service()))
    request = {"path": "/healthz", "port": "http"}
    assert only["readinessProbe"] == {"httpGet": request, "periodSeconds": 5, "timeoutSeconds": 2, "failureThreshold": 3}
    assert only["startupProbe"] == {"httpGet": request, "periodSeconds": 2, "timeoutSeconds": 2, "failureThreshold": 60}
    assert only["livenessProbe"] == {"tcpSocket": {"port": "http"}, "periodSeconds": 10, "timeoutSeconds": 3, "failureThreshold": 6}
    assert only["ports"] == [{"name": "http", "containerPort": 8080, "protocol": "TCP"}]


PROBES: list[Any] = [
    ({"readiness": {"tcp": True}}, "readinessProbe", {"tcpSocket": {"port": "http"}}),
    ({"readiness": {"grpc": True}}, "readinessProbe", {"grpc": {"port": 8080}}),
    ({"readiness": {"path": "/ready", "port": 9000, "delay": 5}}, "readinessProbe", {"httpGet": {"path": "/ready", "port": 9000}}),
    ({"liveness": {"command": ["cat", "/tmp/alive"]}}, "livenessProbe", {"exec": {"command": ["cat", "/tmp/alive"]}}),
    ({"startup": {"path": "/up", "failures": 300}}, "startupProbe", {"httpGet": {"path": "/up", "port": "http"}}),
    ({"readiness": {"tcp": True}}, "startupProbe", {"tcpSocket": {"port": "http"}}),
]


@pytest.mark.parametrize(("given", "probe", "way"), PROBES)
def test_probes_in_detail(given: dict[str, Any], probe: str, way: dict[str, Any]) -> None:
    found = container(objects(with_service(probe=None, probes=given)))[probe]
    assert {key: value for key, value in found.items() if not key.endswith(("Seconds", "Threshold"))} == way


def test_a_service_without_probe_has_none_and_a_worker_may_have_a_command() -> None:
    assert not [name for name in container(objects(with_service(probe=None))) if name.endswith("Probe")]
    worker = container(objects(with_worker(probes={"liveness": {"command": ["true"]}})), "mail")
    assert worker["livenessProbe"]["exec"] == {"command": ["true"]}
    assert "ports" not in worker


def test_a_worker_is_one_pod_without_service_and_budget() -> None:
    found = objects(with_worker())
    assert not [name for name in found if name.startswith(("Service/", "PodDisruptionBudget", "HorizontalPodAutoscaler"))]
    inside = found["Deployment/mail"]["spec"]
    assert inside["replicas"] == 1
    assert inside["template"]["spec"]["terminationGracePeriodSeconds"] == 35
    assert "lifecycle" not in container(found, "mail")
    assert "topologySpreadConstraints" not in inside["template"]["spec"]


def test_a_worker_that_must_not_run_twice_is_recreated() -> None:
    assert spec(with_worker(update="recreate"), "mail")["strategy"] == {"type": "Recreate"}


def test_an_autoscaler_owns_the_replicas() -> None:
    found = objects(with_service(scale={"min": 3, "max": 100, "cpu": 60, "memory": 80}))
    assert "replicas" not in found["Deployment/api"]["spec"]
    scaler = found["HorizontalPodAutoscaler/api"]["spec"]
    assert scaler["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (3, 100)
    targets = {one["resource"]["name"]: one["resource"]["target"] for one in scaler["metrics"]}
    assert targets == {
        "cpu": {"type": "Utilization", "averageUtilization": 60},
        "memory": {"type": "Utilization", "averageUtilization": 80},
    }
    assert scaler["behavior"]["scaleUp"]["stabilizationWindowSeconds"] == 0
    assert scaler["behavior"]["scaleDown"] == {
        "stabilizationWindowSeconds": 300,
        "policies": [{"type": "Percent", "value": 25, "periodSeconds": 60}],
        "selectPolicy": "Max",
    }


def test_an_autoscaler_measures_cpu_unless_told_otherwise_and_its_pace_can_be_set() -> None:
    settings = with_service(scale={"max": 4, "behavior": {"up": {"percent": 0, "pods": 1}, "down": {"window": 60}}})
    scaler = objects(settings)["HorizontalPodAutoscaler/api"]["spec"]
    assert [one["resource"]["name"] for one in scaler["metrics"]] == ["cpu"]
    assert scaler["minReplicas"] == 2
    assert scaler["behavior"]["scaleUp"]["policies"] == [{"type": "Pods", "value": 1, "periodSeconds": 60}]
    assert scaler["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 60


BUDGETS: list[Any] = [
    ({"replicas": 1}, None),
    ({"replicas": 0}, None),
    ({"replicas": 2}, "25%"),
    ({"replicas": 5, "max_disrupted": 2}, 2),
    ({"replicas": 1, "max_disrupted": 1}, None),
    ({"scale": {"min": 1, "max": 9}}, None),
    ({"scale": {"min": 2, "max": 9}}, "25%"),
]


@pytest.mark.parametrize(("given", "allowed"), BUDGETS)
def test_a_budget_exists_from_two_pods_on_and_allows_some_to_leave(given: dict[str, Any], allowed: Any) -> None:
    found = objects(with_service(**given)).get("PodDisruptionBudget/api")
    assert (found["spec"]["maxUnavailable"] if found else None) == allowed


SPREADS: list[Any] = [
    ({}, {}, {"topology.kubernetes.io/zone": "ScheduleAnyway", "kubernetes.io/hostname": "ScheduleAnyway"}),
    ({"spread": "required"}, {}, {"topology.kubernetes.io/zone": "DoNotSchedule", "kubernetes.io/hostname": "ScheduleAnyway"}),
    ({"spread": "none"}, {}, {}),
    ({"replicas": 1}, {}, {}),
    ({}, {"fargate": True}, {"topology.kubernetes.io/zone": "ScheduleAnyway"}),
]


@pytest.mark.parametrize(("given", "cluster", "expected"), SPREADS)
def test_pods_are_spread_over_zones_and_hosts(given: dict[str, Any], cluster: dict[str, Any], expected: dict[str, str]) -> None:
    found = pod(with_service(**given), cluster=cluster).get("topologySpreadConstraints", [])
    assert {one["topologyKey"]: one["whenUnsatisfiable"] for one in found} == expected
    assert all(one["matchLabelKeys"] == ["pod-template-hash"] and one["labelSelector"] == {"matchLabels": SELECTOR} for one in found)


ENDINGS: list[Any] = [
    ("a service inside the cluster", with_service(), 5, 40),
    ("behind the load balancer", with_ingress(), 25, 60),
    ("a longer delay", with_ingress(deregistration_delay=60), 70, 105),
    ("a slower program", with_ingress({"drain": 120}), 25, 150),
    ("a longer wait", with_ingress({"pre_stop": 90}), 90, 125),
    ("more time than needed", with_ingress({"grace": 300}), 25, 300),
]


@pytest.mark.parametrize(("settings", "waits", "grace"), [one[1:] for one in ENDINGS], ids=[one[0] for one in ENDINGS])
def test_a_pod_waits_until_it_receives_no_more_requests(settings: dict[str, Any], waits: int, grace: int) -> None:
    found = objects(settings)
    assert container(found)["lifecycle"] == {"preStop": {"sleep": {"seconds": waits}}}
    assert found["Deployment/api"]["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == grace
    assert environment(found)["SHUTDOWN_SECONDS"] == str(grace - waits)


AMOUNTS: list[Any] = [
    ({"requests": {"cpu": "250m", "memory": "512Mi"}}, {"cpu": "250m", "memory": "512Mi"}, {"memory": "512Mi"}),
    ({"limits": {"memory": "1Gi"}}, {"cpu": "100m", "memory": "256Mi"}, {"memory": "1Gi"}),
    ({"limits": {"memory": "128Mi", "cpu": "50m"}}, {"cpu": "50m", "memory": "128Mi"}, {"memory": "128Mi", "cpu": "50m"}),
    ({"requests": {"cpu": 2}}, {"cpu": "2", "memory": "256Mi"}, {"memory": "256Mi"}),
    (
        {"limits": {"nvidia.com/gpu": 1}},
        {"cpu": "100m", "memory": "256Mi", "nvidia.com/gpu": "1"},
        {"memory": "256Mi", "nvidia.com/gpu": "1"},
    ),
    (
        {"requests": {"ephemeral_storage": "1Gi"}},
        {"cpu": "100m", "memory": "256Mi", "ephemeral-storage": "1Gi"},
        {"memory": "256Mi"},
    ),
]


@pytest.mark.parametrize(("given", "requests", "limits"), AMOUNTS)
def test_amounts(given: dict[str, Any], requests: dict[str, str], limits: dict[str, str]) -> None:
    assert container(objects(with_service(**given)))["resources"] == {"requests": requests, "limits": limits}


def test_a_program_is_told_how_to_log_and_what_it_is() -> None:
    found = environment(objects(with_ingress()))
    assert found == {
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "info",
        "CORRELATION_ID_HEADER": "X-Amzn-Trace-Id",
        "OTEL_SERVICE_NAME": "api",
        "OTEL_RESOURCE_ATTRIBUTES": "service.namespace=shop,service.version=1.4.2,deployment.environment.name=prod",
        "PORT": "8080",
        "KEEP_ALIVE_SECONDS": "75",
        "SHUTDOWN_SECONDS": "35",
        "POD_NAME": {"fieldRef": {"fieldPath": "metadata.name"}},
    }


def test_plain_values_win_and_the_logging_variables_can_be_left_out() -> None:
    assert environment(objects(with_service(environment={"LOG_LEVEL": "debug", "WORKERS": 4})))["LOG_LEVEL"] == "debug"
    silent = environment(objects({**with_service(), "logging": {"enabled": False}}))
    assert sorted(silent) == ["POD_NAME", "PORT", "SHUTDOWN_SECONDS"]


def test_what_else_a_container_can_have() -> None:
    settings = with_service(
        command=["/app/server"],
        args=["--verbose", "--verbose"],
        user=10001,
        group=10001,
        read_only=False,
        writable={"/tmp": None, "/var/cache": "1Gi"},
        annotations={"prometheus.io/scrape": "true"},
        labels={"team": "shop"},
        ports={"metrics": 9090},
        node_selector={"pool": "large"},
        architecture="arm64",
        tolerations=[{"key": "dedicated", "operator": "Exists", "effect": "NoSchedule"}],
    )
    found = objects(settings)
    only, template = container(found), found["Deployment/api"]["spec"]["template"]
    assert (only["command"], only["args"]) == (["/app/server"], ["--verbose", "--verbose"])
    assert template["spec"]["securityContext"] | {"seccompProfile": None} == {
        "runAsNonRoot": True,
        "seccompProfile": None,
        "runAsUser": 10001,
        "runAsGroup": 10001,
        "fsGroup": 10001,
    }
    assert only["securityContext"]["readOnlyRootFilesystem"] is False
    assert template["spec"]["volumes"] == [{"name": "writable-0", "emptyDir": {}}, {"name": "writable-1", "emptyDir": {"sizeLimit": "1Gi"}}]
    assert [one["mountPath"] for one in only["volumeMounts"]] == ["/tmp", "/var/cache"]
    assert template["metadata"]["annotations"] == {"prometheus.io/scrape": "true"}
    assert template["metadata"]["labels"]["team"] == "shop"
    assert [one["port"] for one in found["Service/api"]["spec"]["ports"]] == [80, 9090]
    assert template["spec"]["nodeSelector"] == {"pool": "large", "kubernetes.io/arch": "arm64"}
    assert template["spec"]["tolerations"] == [{"key": "dedicated", "operator": "Exists", "effect": "NoSchedule"}]


HOST = "123456789012.dkr.ecr.af-south-1.amazonaws.com"
IMAGES: list[Any] = [
    ("api:1.4.2", f"{HOST}/api:1.4.2", {}),
    ("team/api:1.4.2", f"{HOST}/team/api:1.4.2", {}),
    (f"{HOST}/api:1.4.2", f"{HOST}/api:1.4.2", {}),
    ("public.ecr.aws/nginx/nginx:1.29", "public.ecr.aws/nginx/nginx:1.29", {}),
    ("localhost:5000/api:1", "localhost:5000/api:1", {}),
    (f"api@{DIGEST}", f"{HOST}/api@{DIGEST}", {}),
    (f"api:1.4.2@{DIGEST}", f"{HOST}/api:1.4.2@{DIGEST}", {}),
    ("api:1.4.2", f"{HOST}/api@{DIGEST}", {f"{HOST}/api:1.4.2": f"{HOST}/api@{DIGEST}"}),
]


@pytest.mark.parametrize(("given", "runs", "digests"), IMAGES)
def test_images_are_completed_and_pinned(given: str, runs: str, digests: dict[str, str]) -> None:
    found = answer(with_service(image=given), registry=HOST, images=digests)
    (deployment,) = [one for one in found["objects"] if one["kind"] == "Deployment"]
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == runs
    assert found["images"] == [next(iter(digests), runs)]


def test_the_answer_names_what_is_watched() -> None:
    found = answer({**with_service(), **with_worker()})
    assert found["workloads"] == [
        {"kind": "Deployment", "name": "api", "namespace": "shop"},
        {"kind": "Deployment", "name": "mail", "namespace": "shop"},
    ]
    assert found["services"] == [{"name": "api", "namespace": "shop"}]
    assert (found["images"], found["migration"], found["notes"]) == (["api:1.4.2"], None, [])


NOTHING = "name an image with a tag or a digest, such as api:1.4.2 or api@sha256:..."
A = "services.api"
REFUSED: list[Any] = [
    ("no image", with_service(image=None), [f"{A}.image is missing: {NOTHING}"]),
    (
        "an image without tag",
        with_service(image="api"),
        [f"{A}.image: api has neither a tag nor a digest; expected api:<tag> or api@sha256:<digest>"],
    ),
    (
        "a port of the registry is no tag",
        with_service(image="localhost:5000/api"),
        [
            f"{A}.image: localhost:5000/api has neither a tag nor a digest; expected localhost:5000/api:<tag> or "
            "localhost:5000/api@sha256:<digest>"
        ],
    ),
    (
        "replicas and an autoscaler",
        with_service(replicas=3, scale={"max": 5}),
        [
            f"{A}.replicas is 3, but {A}.scale lets an autoscaler choose the number; remove replicas, and set scale.min and "
            f"scale.max instead"
        ],
    ),
    (
        "no maximum",
        with_service(scale={"min": 2}),
        [f"{A}.scale.max is missing: say how many pods there may be at most, from 1 to 1000"],
    ),
    (
        "a maximum below the minimum",
        with_service(scale={"min": 5, "max": 3}),
        [f"{A}.scale.max is 3, but it must be at least min, which is 5"],
    ),
    (
        "a target that is no percentage",
        with_service(scale={"max": 5, "cpu": "70%"}),
        [f"{A}.scale.cpu is '70%', but it must be a percentage of the request as a whole number, such as 70"],
    ),
    (
        "an autoscaler that never scales",
        with_service(scale={"max": 5, "behavior": {"down": {"percent": 0}}}),
        [f"{A}.scale.behavior.down has neither percent nor pods above 0, so nothing would ever change; set one of them"],
    ),
    (
        "no port",
        with_service(port=None),
        [f"{A}.port is missing: give the port that its container listens on, such as 8080; without one, it is a worker"],
    ),
    ("a port out of range", with_service(port=70000), [f"{A}.port is 70000, but it must be a whole number from 1 to 65535"]),
    (
        "a probe without slash",
        with_service(probe="healthz"),
        [f"{A}.probe is 'healthz', but it must be a path that begins with /, such as /healthz"],
    ),
    (
        "a probe in two ways",
        with_service(probe=None, probes={"readiness": {"path": "/", "tcp": True}}),
        [f"{A}.probes.readiness must have exactly one of path, tcp, grpc, command; it has path and tcp"],
    ),
    (
        "a probe in no way",
        with_service(probe=None, probes={"liveness": {"period": 5}}),
        [f"{A}.probes.liveness must have exactly one of path, tcp, grpc, command; it has none"],
    ),
    (
        "a budget that blocks every drain",
        with_service(max_disrupted=0),
        [
            f"{A}.max_disrupted is 0, but it must be a number of pods from 1, or a percentage from 1% to 100%: a budget that allows "
            f"none blocks "
            "every node drain"
        ],
    ),
    (
        "the same in percent",
        with_service(max_disrupted="0%"),
        [
            f"{A}.max_disrupted is '0%', but it must be a number of pods from 1, or a percentage from 1% to 100%: a budget that "
            f"allows none "
            "blocks every node drain"
        ],
    ),
    (
        "a surge of nothing",
        with_service(max_surge=0),
        [f"{A}.max_surge is 0, but it must be a number of pods from 1, or a percentage from 1% to 100%"],
    ),
    (
        "a service that is recreated",
        with_service(update="recreate"),
        [f"{A}.update is 'recreate', but a service would answer nothing between its old pods and its new ones; use rolling"],
    ),
    (
        "a number that is no quantity",
        with_service(requests={"cpu": "lots"}),
        [f"{A}.requests.cpu is 'lots', but it must be a quantity such as 250m or 2"],
    ),
    (
        "nothing at all",
        with_service(requests={"memory": "0"}),
        [f"{A}.requests.memory is '0', but it must be a quantity such as 256Mi or 2Gi"],
    ),
    (
        "thousandths of bytes",
        with_service(limits={"memory": "512m"}),
        [f"{A}.limits.memory is '512m', but m is a thousandth of a byte; write Mi for mebibytes"],
    ),
    (
        "a unit that was forgotten",
        with_service(requests={"memory": 512}),
        [f"{A}.requests.memory is 512, but it must be at least 4Mi; write the unit, such as 256Mi"],
    ),
    (
        "a limit below the request",
        with_service(requests={"memory": "1Gi"}, limits={"memory": "512Mi"}),
        [f"{A}.limits.memory is '512Mi', but it must be at least the request, which is 1Gi"],
    ),
    (
        "a resource that does not exist",
        with_service(requests={"ram": "1Gi"}),
        [f"{A}.requests.ram is not a setting; valid names are cpu, memory, ephemeral_storage, and resources such as nvidia.com/gpu"],
    ),
    (
        "a command as one string",
        with_service(command="python -m app"),
        [f"{A}.command is 'python -m app', but it must be a list of strings, such as ['python', '-m', 'app']"],
    ),
    (
        "a number in a command",
        with_service(args=[8080]),
        [f"{A}.args[0] is 8080, but it must be a non-empty string; put numbers in quotes"],
    ),
    (
        "an environment variable with a hyphen",
        with_service(environment={"LOG-LEVEL": "x"}),
        [
            f"{A}.environment is 'LOG-LEVEL', but the name of an environment variable must be letters, digits and '_', and must not "
            f"begin with "
            "a digit"
        ],
    ),
    (
        "a value that YAML has read as a boolean",
        with_service(environment={"DEBUG": True}),
        [f"{A}.environment.DEBUG is not a string, but it must be a string, and YAML has read it as something else; put it in quotes"],
    ),
    (
        "a variable of Kubernetes",
        with_service(environment={"KUBERNETES_PORT": "1"}),
        [f"{A}.environment is 'KUBERNETES_PORT', but Kubernetes sets variables that begin with KUBERNETES_ itself; rename it"],
    ),
    (
        "a writable folder that is none",
        with_service(writable=["tmp"]),
        [f"{A}.writable is 'tmp', but it must be an absolute path of a folder, such as /etc/app, without ':' and '..'"],
    ),
    (
        "a size that is none",
        with_service(writable={"/tmp": "big"}),
        [f"{A}.writable./tmp is 'big', but it must be a size such as 100Mi or 1Gi"],
    ),
    (
        "a port twice",
        with_service(ports={"metrics": 8080}),
        [f"{A}.ports.metrics is 8080, but another port of the workload has that number; each needs its own"],
    ),
    (
        "the name of a port",
        with_service(ports={"Metrics": 9090}),
        [f"{A}.ports is 'Metrics', but the name of a port must be at most 15 lower-case letters, digits and single '-'"],
    ),
    (
        "a label of ours",
        with_service(labels={"app.kubernetes.io/name": "x"}),
        [
            f"{A}.labels.app.kubernetes.io/name is 'x', but labels of app.kubernetes.io/ and mainstay.aws/ are set by this "
            f"collection; remove it"
        ],
    ),
    (
        "an invalid label",
        with_service(labels={"team": "a b"}),
        [
            f"{A}.labels.team is 'a b', but the value must be at most 63 letters, digits, -, _ and ., beginning and ending with a "
            f"letter or digit"
        ],
    ),
    ("a toleration with a typo", with_service(tolerations=[{"kee": "x"}]), [f"{A}.tolerations[0].kee is not a setting; did you mean key?"]),
    ("a user that is root", with_service(user=0), [f"{A}.user is 0, but it must be a whole number from 1 to 2147483647"]),
    ("a paused Deployment", with_service(paused=True), [f"{A}.paused is not a setting: a paused rollout would never begin; remove it"]),
    ("Kubernetes' own names", with_service(resources={}), [f"{A}.resources is not a setting: use requests and limits"]),
    ("an unknown setting", with_service(replica=2), [f"{A}.replica is not a setting; did you mean replicas?"]),
    (
        "too little time",
        with_service(pre_stop=10, drain=30, grace=40),
        [f"{A}.grace is 40, but it must be more than pre_stop and drain together, 10 and 30 s, or programs are killed"],
    ),
    (
        "a worker with a port",
        with_worker(port=80),
        ["workers.mail.port is 80, but a worker receives no requests; put it under services, or remove it"],
    ),
    (
        "a worker with a path",
        with_worker(probe="/healthz"),
        ["workers.mail.probe is '/healthz', but a worker has no port to request it from; use probes.liveness.command"],
    ),
    (
        "a name with a capital",
        {"services": {"Api": {}}},
        [
            "services is 'Api', but the name of a workload must be at most 45 lower-case letters, digits and '-', beginning with a "
            "letter and "
            "not ending with '-'"
        ],
    ),
    (
        "one name for two",
        {**with_service(), "workers": {"api": {"image": "api:1"}}},
        ["workers is 'api', but services has a workload of that name; each needs its own"],
    ),
]


@pytest.mark.parametrize(("settings", "expected"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED])
def test_what_is_refused(settings: dict[str, Any], expected: list[str]) -> None:
    assert problems(settings) == expected


def test_all_mistakes_are_reported_at_once_with_the_names_of_the_role() -> None:
    found = problems({**with_service(image="api", port=0), "workres": {}}, prefix="app_deploy_")
    assert [one.partition(" ")[0].rstrip(":") for one in found] == [
        "app_deploy_services.api.port",
        "app_deploy_services.api.image",
        "app_deploy_workres",
    ]
