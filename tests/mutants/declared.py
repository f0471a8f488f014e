"""The mutants: for each rule of docs/rollout-verification.md at least one small change of the source that switches it off."""

from __future__ import annotations

from dataclasses import dataclass

RULES = range(1, 38)


@dataclass(frozen=True)
class Mutant:
    """``before`` becomes ``after`` in ``file``; the tests named after the rule, or those that ``tests`` selects, must notice."""

    rule: int
    what: str
    file: str
    before: str
    after: str
    tests: str = ""


MUTANTS = (
    Mutant(
        1, "a Deployment's old counters count", "deployment.py", 'observed=count(live, "observedGeneration") >=', "observed=True or 1 >="
    ),
    Mutant(
        1,
        "a StatefulSet without an observed generation counts",
        "stateful_set.py",
        "observed=bool(observed) and observed",
        "observed=observed",
    ),
    Mutant(1, "a DaemonSet's old counters count", "daemon_set.py", "observed=bool(observed) and observed >=", "observed=True or 1 >="),
    Mutant(1, "an older read counts", "deployment.py", "max(generation(live), context.start.generation)", "generation(live)"),
    Mutant(2, "another template is not noticed", "judge.py", "generation(live) <= start.generation or ", "True or "),
    Mutant(2, "the status writer is taken for the author", "judge.py", 'not entry.get("subresource") and ', ""),
    Mutant(3, "a new number of replicas is another deployment", "judge.py", " or fingerprint(template_of(live)) == start.template", ""),
    Mutant(4, "updated pods need not be as many as wanted", "deployment.py", "if updated < wanted:", "if False:"),
    Mutant(4, "missing replicas mean none", "objects.py", "return 1 if replicas is None", "return 0 if replicas is None"),
    Mutant(5, "old pods are not waited for", "deployment.py", "if total > updated:", "if False:"),
    Mutant(5, "a terminating pod is available", "pods.py", " or terminating(pod):\n        return False", ":\n        return False"),
    Mutant(6, "readiness is enough for a Deployment", "deployment.py", 'count(live, "availableReplicas")', 'count(live, "readyReplicas")'),
    Mutant(
        6, "readiness is enough for a StatefulSet", "stateful_set.py", 'count(live, "availableReplicas")', 'count(live, "readyReplicas")'
    ),
    Mutant(6, "readiness is enough for a DaemonSet", "daemon_set.py", 'count(live, "numberAvailable")', 'count(live, "numberReady")'),
    Mutant(
        7,
        "less than all is the default",
        "values.py",
        "required: str = FULL",
        "required: str = MAX_UNAVAILABLE",
    ),
    Mutant(
        7,
        "maxUnavailable of all means none",
        "look.py",
        "max(1, wanted - share(max_unavailable, wanted, up=False))",
        "wanted - share(max_unavailable, wanted, up=False)",
    ),
    Mutant(7, "old pods count as new ones", "deployment.py", "max(0, available + updated - total)", "available"),
    Mutant(8, "nothing running is a success", "judge.py", 'if context.settings.allow_zero else "failure"', 'if True else "failure"'),
    Mutant(9, "paused is not looked at", "deployment.py", 'if spec(live).get("paused"):', "if False:"),
    Mutant(
        9,
        "paused has to be observed first",
        "judge.py",
        'if code not in ("paused", "suspended") and not look.observed:',
        "if not look.observed:",
    ),
    Mutant(10, "the old pods pass for new ones", "deployment.py", 'count(live, "updatedReplicas")', 'count(live, "replicas")'),
    Mutant(11, "all pods have to be new", "stateful_set.py", "max(0, wanted - partition(live))", "wanted"),
    Mutant(11, "a partition is a whole success", "stateful_set.py", "(target < wanted or counts.available < wanted)", "False"),
    Mutant(12, "the pods' own revision is not looked at", "stateful_set.py", "if counts.new < target:", "if False:"),
    Mutant(12, "the revision need not be taken over", "stateful_set.py", "if whole and ", "if False and "),
    Mutant(13, "OnDelete passes", "stateful_set.py", "if by_hand and old else None", "if False else None"),
    Mutant(13, "OnDelete passes for a DaemonSet", "daemon_set.py", "if by_hand and stale else None", "if False else None"),
    Mutant(14, "no node is excused", "daemon_set.py", "- fine - done", "- fine - done - {_node(pod) for pod in pods}"),
    Mutant(14, "a new node is waited for", "daemon_set.py", " & context.start.nodes", ""),
    Mutant(15, "the old pod of a surge is not waited for", "daemon_set.py", "    if stale:\n", "    if False:\n"),
    Mutant(15, "two pods of a node count twice", "daemon_set.py", "len({_node(pod) for pod in new if not terminating(pod)})", "len(new)"),
    Mutant(16, "readiness gates are not told", "pods.py", 'if ready.get("reason") == "ReadinessGatesNotReady":', "if False:"),
    Mutant(17, "another object of the name is adopted", "judge.py", "if uid(live) != start.uid:", "if False:"),
    Mutant(18, "nothing changed is a rollout", "judge.py", "if context.start.changed is False:", "if False:"),
    Mutant(19, "changed configuration is not told", "judge.py", "if configs := unrolled(context.start, live):", "if configs := []:"),
    Mutant(19, "only volumes are looked at", "configs.py", "{*_mounted(inside), *_in_environment(inside)}", "{*_mounted(inside)}"),
    Mutant(
        20,
        "a deadline of any ReplicaSet counts",
        "deployment.py",
        "return newest is not None and f'\"{name(newest)}\"' in text",
        "return True",
    ),
    Mutant(
        20,
        "a deadline that names none counts at once",
        "deployment.py",
        "return context.seen.elapsed >= (deadline(live) or 0)",
        "return True",
    ),
    Mutant(21, "there is no time limit of our own", "judge.py", "if context.seen.elapsed >= context.settings.wait:", "if False:"),
    Mutant(
        22, "only a passed deadline stops", "deployment.py", 'return "progress_stopped", {"reason": reason, "message": text}', "return None"
    ),
    Mutant(
        23,
        "a complete rollout is not looked at",
        "judge.py",
        "if len(fatal) > context.settings.tolerated_pods:",
        "if look.waiting_for and len(fatal) > context.settings.tolerated_pods:",
    ),
    Mutant(
        24,
        "refusals of the new ReplicaSet are not seen",
        "deployment.py",
        "refused=refused_by_replica_set(newest, context)",
        "refused=None",
    ),
    Mutant(
        24,
        "refusals of any ReplicaSet count",
        "deployment.py",
        "refused=refused_by_replica_set(newest, context)",
        "refused=next((r for s in sets if (r := refused_by_replica_set(s, context))), None)",
    ),
    Mutant(24, "a quota is final at once", "creation.py", "if final or age > context.settings.grace", "if True"),
    Mutant(25, "owners do not matter", "objects.py", "if controller_uid(thing) == owner]", "if True]"),
    Mutant(25, "hashes do not matter", "deployment.py", "if label(pod, TEMPLATE_HASH) == wanted]", "if True]"),
    Mutant(25, "all pods of a StatefulSet count", "stateful_set.py", "pods=new,", "pods=pods,"),
    Mutant(26, "init containers and sidecars are not looked at", "containers.py", '*(found.get("initContainerStatuses") or ()), ', ""),
    Mutant(26, "only a back-off counts", "containers.py", "if delta <= 0 and not backing_off:", "if not backing_off:"),
    Mutant(26, "restarts before the start count", "containers.py", ' - start.restarts.get((uid(pod), str(status.get("name"))), 0)', ""),
    Mutant(
        27,
        "any restart is fatal",
        "containers.py",
        'if delta > context.settings.max_restarts else "transient"',
        'if delta > 0 else "transient"',
    ),
    Mutant(27, "no bad pod is tolerated", "judge.py", "if len(fatal) > context.settings.tolerated_pods:", "if fatal:"),
    Mutant(
        28,
        "an image that is not there is waited for",
        "containers.py",
        '"fatal" if HOPELESS_PULL.search(cause) else "transient"',
        '"transient"',
    ),
    Mutant(28, "a registry in trouble is fatal", "containers.py", '"fatal" if HOPELESS_PULL.search(cause) else "transient"', '"fatal"'),
    Mutant(28, "a back-off hides its cause", "containers.py", 'if reason == "ImagePullBackOff" and not', "if False and not"),
    Mutant(
        29, "missing configuration is waited for", "containers.py", 'if CACHE_NOT_READY.search(text) else "fatal"', 'if True else "fatal"'
    ),
    Mutant(29, "a cold cache is fatal", "containers.py", 'if CACHE_NOT_READY.search(text) else "fatal"', 'if False else "fatal"'),
    Mutant(29, "trouble of the node is fatal", "containers.py", 'ended.get("exitCode") == NODE_TROUBLE_EXIT', "False"),
    Mutant(
        30,
        "want of memory is a crash like any other",
        "containers.py",
        '"oom_killed" if ended.get("reason") == "OOMKilled" or code == 137 else "crash_loop"',
        '"crash_loop"',
    ),
    Mutant(30, "secrets in logs are shown", "masking.py", "_bounded(mask(line))", "_bounded(line)"),
    Mutant(30, "logs are shown in full", "masking.py", "[-lines:])", ")"),
    Mutant(
        31,
        "there is no grace",
        "scheduling.py",
        'severity: Severity = "fatal" if age > grace else "waiting"',
        'severity: Severity = "fatal"',
    ),
    Mutant(
        31,
        "a node on its way is not waited for",
        "scheduling.py",
        "context.settings.scale_up_grace if room else context.settings.grace",
        "context.settings.grace",
    ),
    Mutant(31, "gates are a lack of nodes", "scheduling.py", 'if scheduled.get("reason") == "SchedulingGated":', "if False:"),
    Mutant(32, "claims are not looked at", "scheduling.py", "if claim := unbound_claim(pod, context):", 'if claim := "":'),
    Mutant(32, "volumes are not looked at", "pods.py", "return volume_trouble(pod, context) or _not_ready", "return _not_ready"),
    Mutant(32, "a missing service account is a refusal like any other", "creation.py", 'r"service ?account.*not found"', 'r"(?!)"'),
    Mutant(
        33,
        "an evicted pod is a crashed one",
        "pods.py",
        "if not reason and (bad := ended_badly(pod, context)):",
        "if bad := ended_badly(pod, context):",
    ),
    Mutant(
        34,
        "the probe is not named",
        "pods.py",
        'f"readiness probe {describe(probe)} has not passed" if probe else "it is not ready"',
        '"it is not ready"',
    ),
    Mutant(34, "a startup probe gives no time", "judge.py", "slow = slowest_start(spec(template_of(live))) + float", "slow = float"),
    Mutant(
        35, "silence is waited for", "judge.py", "if not look.may_be_quiet and context.seen.quiet >", "if False and context.seen.quiet >"
    ),
    Mutant(36, "events of others count", "events.py", "if _about(event) in uids and (when", "if (when"),
    Mutant(36, "old events count", "events.py", " and when >= since - SLACK]", "]"),
    Mutant(36, "an event alone is proof", "creation.py", "if missing <= 0 or event is None:", "if event is None:"),
    Mutant(37, "stuck pods are not told", "judge.py", "evidence = _worst(troubles + stuck)", "evidence = _worst(troubles)"),
)
