#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: k8s_rollout_verify
version_added: 0.1.0
short_description: Watch Kubernetes rollouts to a verdict, and roll back those that fail
description:
  - Watches Deployments, StatefulSets, DaemonSets, and Jobs until it is certain that their rollout has succeeded or cannot succeed, and
    states the reason.
  - It can then send HTTP requests that the new version must answer, and watch pods and metrics for a while.
  - If anything fails, it restores the last release that it verified, and verifies that too. The task still fails.
  - The first example is all that a playbook needs. It requires no role of this collection and no Python client for Kubernetes.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  applied:
    description:
      - The registered result of the task that applied the workloads, such as one of M(kubernetes.core.k8s), with or without a loop.
      - The workloads in it are verified. It also provides the generation of each workload to wait for, and whether anything changed at all.
      - Other objects in it that may run something, such as CronJobs and custom resources, are named in the notes.
    type: raw
  workloads:
    description:
      - Workloads to verify, instead of or in addition to those in O(applied).
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description: V(Deployment), V(StatefulSet), V(DaemonSet) or V(Job).
        type: str
        default: Deployment
      name:
        description: Name of the workload.
        type: str
        required: true
      namespace:
        description: Namespace of the workload. Defaults to O(namespace).
        type: str
      allow_zero:
        description: Whether running no pods counts as a success for this workload. See O(allow_zero).
        type: bool
        default: false
      api_version:
        description:
          - For any other kind, its group and version, such as V(argoproj.io/v1alpha1). It is then judged by its condition C(Ready),
            C(Available), C(Healthy), C(Succeeded), or C(Complete), if the condition is about the current generation. It is never rolled
            back.
        type: str
  namespace:
    description:
      - Namespace of workloads and Services that do not specify one.
    type: str
    default: default
  wait_timeout:
    description:
      - Seconds within which the rollout must finish. A Deployment's own C(progressDeadlineSeconds) may end it sooner.
    type: float
    default: 600
  deadline:
    description:
      - Time limit for the whole task in seconds, including a rollback. If the other limits add up to more, the task does not start.
    type: float
  required:
    description:
      - How many pods of the new revision must be available. V(full) means all of them, with no old pods left.
      - To accept fewer, set V(maxUnavailable), which accepts as many missing pods as the update strategy allows, a number, or a percentage
        such as V(80%).
    type: str
    default: full
  allow_zero:
    description:
      - Workloads that may run no pods, as names or as C(kind/name), for example because of C(replicas) 0 or a DaemonSet that matches no
        node.
      - Not needed if an autoscaler, such as KEDA or a HorizontalPodAutoscaler with C(minReplicas) 0, has scaled the workload to 0.
    type: list
    elements: str
    default: []
  on_delete:
    description:
      - How to treat pods that an C(OnDelete) update strategy leaves on the old revision.
    type: str
    choices: [fail, warn]
    default: fail
  max_restarts:
    description:
      - Number of restarts of one new pod before it counts as crashing.
    type: int
    default: 1
  tolerated_pods:
    description:
      - Number of new pods that may have failed for good before the rollout fails early.
    type: int
    default: 0
  grace:
    description:
      - Seconds that these conditions may last before they count as failures. A pod cannot be scheduled, its volume or configuration does
        not exist, a quota or an unreachable webhook keeps it from being created, or, after the rollout, too few pods are available.
    type: float
    default: 60
  scale_up_grace:
    description:
      - The same for unschedulable pods once a node autoscaler has announced a node for any pod of the workload. It also applies if the
        events in which an autoscaler would announce a node may not be read.
    type: float
    default: 600
  crash_grace:
    description:
      - Seconds during which crashes are tolerated on a first release, or while another workload of the same call is not ready yet. This
        gives a container that crashes until its database answers time to recover.
    type: float
    default: 180
  settle:
    description:
      - Seconds that pods must stay up before the rollout counts as a success, if the template has a container without a readiness or
        startup probe and C(minReadySeconds) is 0. A O(bake.duration) that is at least as long replaces this.
    type: float
    default: 15
  quiet:
    description:
      - Seconds without any sign of activity from the controller or a pod after which the verdict is V(error). A pod that exists but is not
        ready is such a sign; it becomes a failure when O(wait_timeout) expires at the latest.
    type: float
    default: 240
  probes:
    description:
      - HTTP requests that must be answered, and Services that must route to new pods, after the rollout.
    type: list
    elements: dict
    default: []
    suboptions:
      url:
        description:
          - The URL to request.
          - While its host name has no DNS record, as in a first deployment, the load balancer of the Ingress with a rule for this host is
            asked instead, with the host's name and certificate.
        type: str
      service:
        description: Name of a Service that must route each of its ports to a ready pod of the new revision. Does not need O(probes[].url).
        type: str
      namespace:
        description: Namespace of the Service. Defaults to O(namespace).
        type: str
      status:
        description: HTTP status codes that count as success.
        type: list
        elements: int
        default: [200]
      body:
        description: Regular expression that the body must match.
        type: str
      headers:
        description: Request headers, such as C(Host).
        type: dict
        default: {}
      version:
        description: The version that must answer. Old pods may still be registered with the load balancer.
        type: str
      version_header:
        description: Response header that contains the version.
        type: str
      version_body:
        description: Regular expression that finds the version in the body. The version is the first group, or the whole match.
        type: str
      successes:
        description: Number of consecutive successful responses required.
        type: int
        default: 3
      interval:
        description: Seconds between requests.
        type: float
        default: 1
      timeout:
        description: Timeout of one request in seconds.
        type: float
        default: 5
      wait:
        description: Timeout of the whole probe in seconds. DNS names and load balancers may take minutes.
        type: float
        default: 120
      validate_certs:
        description: Whether the certificate must be valid.
        type: bool
        default: true
      ca_cert:
        description: File with the CA certificate that signed the server certificate.
        type: path
      follow_redirects:
        description: Whether to follow redirects. If not, a redirect is a response like any other.
        type: bool
        default: false
  bake:
    description:
      - How long to watch pods and metrics after the rollout, in seconds.
    type: dict
    suboptions:
      duration:
        description: Length of the bake.
        type: float
        default: 0
      initial_delay:
        description: Time before the bake that is not measured.
        type: float
        default: 0
      extension:
        description: How much longer the bake may take for metrics without data that have O(metrics[].on_no_data=extend).
        type: float
        default: 0
  metrics:
    description:
      - Metrics that must stay within their limits during the bake. Requires C(duration) in O(bake).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the metric in results and messages.
        type: str
        required: true
      prometheus:
        description: Query Prometheus.
        type: dict
        suboptions:
          url:
            description: Base URL, without C(/api).
            type: str
            required: true
          query:
            description:
              - PromQL query that returns one series. C(${revision}) is replaced with the hash of the new revision, C(${name}) and
                C(${namespace}) with those of the first workload.
            type: str
            required: true
          token:
            description: Bearer token.
            type: str
      cloudwatch:
        description: Query CloudWatch.
        type: dict
        suboptions:
          namespace:
            description: Namespace of the metric.
            type: str
          metric:
            description: Name of the metric.
            type: str
          dimensions:
            description: Dimensions of the metric. They can contain the same placeholders as a Prometheus query.
            type: dict
            default: {}
          statistic:
            description: The statistic, such as V(Sum) or V(p99).
            type: str
            default: Average
          expression:
            description: A metric math or Metrics Insights expression, instead of namespace and metric.
            type: str
      maximum:
        description: Highest acceptable value.
        type: float
      minimum:
        description: Lowest acceptable value.
        type: float
      max_ratio:
        description: Highest acceptable ratio of the value to the value before the rollout.
        type: float
      max_increase:
        description:
          - How much the value may exceed the value before the rollout. If O(metrics[].max_ratio) is also set, a measurement is bad only if
            it exceeds both.
        type: float
      gross:
        description: A value beyond this fails at once, regardless of O(metrics[].failure_limit).
        type: float
      lag:
        description: Seconds after which data is complete. Defaults to 120 for CloudWatch, otherwise to 0.
        type: float
      min_samples:
        description: Number of samples a measurement needs. With fewer, it is inconclusive.
        type: int
        default: 1
      failure_limit:
        description: Number of consecutive bad measurements that are tolerated.
        type: int
        default: 0
      error_limit:
        description: Number of consecutive failed queries that are tolerated.
        type: int
        default: 4
      on_no_data:
        description: How to treat a metric that never returned any data. V(fail) makes the verdict inconclusive.
        type: str
        choices: [fail, pass, extend]
        default: fail
      interval:
        description: Seconds between measurements.
        type: float
        default: 60
      period:
        description: Seconds that one sample covers.
        type: int
        default: 60
  rollback:
    description:
      - What to do if the verdict is failure.
    type: dict
    suboptions:
      to:
        description:
          - V(verified) is the last release that this module verified. V(previous) is the same, but if no release has been verified yet, it
            is the previous revision, whether or not that one worked.
        type: str
        choices: [verified, previous, none]
        default: verified
      timeout:
        description: Seconds within which the rollback must be verified.
        type: float
        default: 300
      first_release:
        description: What to do with a failed workload that was just created.
        type: str
        choices: [keep, scale_to_zero, delete]
        default: keep
      also_on:
        description: Verdicts other than failure that also cause a rollback.
        type: list
        elements: str
        choices: [inconclusive, error]
        default: []
  record:
    description:
      - Whether to record a verified release, in a ConfigMap C(<name>.<kind>.verified-release) that the workload owns.
    type: bool
    default: true
  lock:
    description:
      - Whether to hold a Lease that prevents a second verifier from working on the same workload. It is needed, and acquired, only if a
        rollback is possible.
    type: bool
    default: true
  poll_interval:
    description:
      - Seconds between two polls of a workload. Watches report most changes immediately.
    type: float
    default: 5
  eks_cluster:
    description:
      - Name of an EKS cluster, instead of a kubeconfig. The API address is read from AWS. Tokens are issued, and renewed in time, with the
        AWS credentials of this task. Region and credentials are set as for the other modules of this collection.
    type: str
  kubeconfig:
    description:
      - Path of a kubeconfig, or its content as a dictionary. Defaults to E(K8S_AUTH_KUBECONFIG), E(KUBECONFIG), or C(~/.kube/config).
    type: raw
  context:
    description:
      - Context of the kubeconfig. Defaults to E(K8S_AUTH_CONTEXT), or to the current context.
    type: str
  host:
    description:
      - Address of the API. Defaults to E(K8S_AUTH_HOST).
    type: str
  api_key:
    description:
      - Bearer token. Defaults to E(K8S_AUTH_API_KEY). It cannot be renewed during the task, unlike the tokens of credential plugins and
        token files in a kubeconfig.
    type: str
  ca_cert:
    description:
      - File with the cluster's CA certificate. Defaults to E(K8S_AUTH_SSL_CA_CERT).
    type: path
    aliases: [ssl_ca_cert]
  client_cert:
    description:
      - File with a client certificate. Defaults to E(K8S_AUTH_CERT_FILE).
    type: path
    aliases: [cert_file]
  client_key:
    description:
      - File with the key of the client certificate. Defaults to E(K8S_AUTH_KEY_FILE).
    type: path
    aliases: [key_file]
  validate_certs:
    description:
      - Whether certificates must be valid.
    type: bool
    default: true
    aliases: [verify_ssl]
  proxy:
    description:
      - HTTP proxy for the API. Defaults to E(K8S_AUTH_PROXY). Other environment variables are ignored.
    type: str
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Reads the workloads once, without waiting for or changing anything.
    support: full
  diff_mode:
    description: The module has no differences to show.
    support: none
seealso:
  - module: kubernetes.core.k8s
"""

EXAMPLES = r"""
- name: Apply the manifests
  kubernetes.core.k8s:
    src: web.yml
  register: applied

- name: Wait until the workloads are available, or roll back
  mainstay.aws.k8s_rollout_verify:
    applied: "{{ applied }}"

- name: Verify two workloads, the database first, and the public URL
  mainstay.aws.k8s_rollout_verify:
    namespace: shop
    workloads:
      - {kind: StatefulSet, name: database}
      - {name: web}
    probes:
      - service: web
      - url: https://shop.example.com/version
        version: "{{ release }}"
        version_header: X-Version

- name: Watch errors for ten minutes, compared with the rate before the rollout
  mainstay.aws.k8s_rollout_verify:
    applied: "{{ applied }}"
    bake:
      duration: 600
    metrics:
      - name: server errors
        max_ratio: 1.5
        max_increase: 0.01
        prometheus:
          url: http://prometheus.monitoring:9090
          query: >-
            sum(rate(http_requests_total{pod=~"web-${revision}-.*",code=~"5.."}[2m]))
            / sum(rate(http_requests_total{pod=~"web-${revision}-.*"}[2m]))
      - name: answers of the load balancer
        maximum: 10
        cloudwatch:
          namespace: AWS/ApplicationELB
          metric: HTTPCode_Target_5XX_Count
          statistic: Sum
          dimensions: {LoadBalancer: app/shop/0123456789abcdef}
    region: eu-west-1

- name: Verify on an EKS cluster, with the AWS credentials of this task
  mainstay.aws.k8s_rollout_verify:
    eks_cluster: prod
    region: eu-west-1
    workloads: [{name: web, namespace: shop}]

- name: Watch only, without changing anything
  mainstay.aws.k8s_rollout_verify:
    workloads:
      - {kind: DaemonSet, name: agent, namespace: kube-system}
    rollback: {to: none}
    record: false
"""

RETURN = r"""
msg:
  description: The verdict in words, and the action taken.
  returned: always
  type: str
  sample: "Deployment shop/web: pod web-7f9c-x2x4b, container app crashes repeatedly (exit code 1)."
verdict:
  description: V(success), V(failure), V(inconclusive), or V(error). All but V(success) fail the task.
  returned: always
  type: str
  sample: failure
reason:
  description: The reason as a stable code.
  returned: always
  type: str
  sample: crash_loop
stage:
  description: The stage in which the task ended, as V(rollout), V(probes), V(bake), V(done), or V(interrupted).
  returned: always
  type: str
  sample: rollout
workloads:
  description: Each workload with its verdict, reason, pod counts, and evidence.
  returned: always
  type: list
  elements: dict
  sample:
    - kind: Deployment
      namespace: shop
      name: web
      verdict: failure
      reason: crash_loop
      pods: {wanted: 3, new: 1, available: 0, old: 3}
      evidence:
        - {code: crash_loop, about: pod web-7f9c-x2x4b, container: app, exit_code: 1, log: ["cannot open /etc/app.conf"]}
probes:
  description: The URLs that were requested, each with the outcome and the number of requests.
  returned: always
  type: list
  elements: dict
  sample: [{url: "https://shop.example.com/version", reason: answered, requests: 4}]
metrics:
  description: The last measurements of each metric.
  returned: always
  type: list
  elements: dict
  sample: [{name: server errors, measurements: [{outcome: success, value: 0.001, text: "0.001"}]}]
rollback:
  description: One entry for each workload, in the order in which they were rolled back, with RV(rollback[].result).
  returned: always
  type: list
  elements: dict
  contains:
    result:
      description: V(rolled_back), V(rollback_failed), V(not_attempted), or V(removed) for a first release.
      type: str
      returned: always
      sample: rolled_back
    reason:
      description: The result in words.
      type: str
      returned: always
      sample: "Deployment shop/web: rolled back to web-5d8f and verified"
notes:
  description: Further remarks, for example about old pods that are still terminating.
  returned: always
  type: list
  elements: str
  sample: ["1 old pods are still terminating and may still answer requests"]
seconds:
  description: Duration in seconds.
  returned: always
  type: float
  sample: 12.3
api_calls:
  description: Number of calls to the cluster's API, and how many of them were retries.
  returned: always
  type: dict
  sample: {total: 14, repeated: 0}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.rollout.answer import run
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.options import argument_spec


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
