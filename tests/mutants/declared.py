"""The mutants: for each rule of docs/rollout-verification.md at least one small change of the source that switches it off."""

from __future__ import annotations

from dataclasses import dataclass

RULES = range(1, 69)


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
        1,
        "a Deployment's old counters count",
        "judging/deployment.py",
        'observed=count(live, "observedGeneration") >=',
        "observed=True or 1 >=",
    ),
    Mutant(
        1,
        "a StatefulSet without an observed generation counts",
        "judging/stateful_set.py",
        "observed=bool(observed) and observed",
        "observed=observed",
    ),
    Mutant(
        1, "a DaemonSet's old counters count", "judging/daemon_set.py", "observed=bool(observed) and observed >=", "observed=True or 1 >="
    ),
    Mutant(1, "an older read counts", "judging/deployment.py", "max(generation(live), context.start.generation)", "generation(live)"),
    Mutant(2, "another template is not noticed", "judging/judge.py", "generation(live) <= start.generation or ", "True or "),
    Mutant(2, "the status writer is taken for the author", "judging/judge.py", 'not entry.get("subresource") and ', ""),
    Mutant(
        3, "a new number of replicas is another deployment", "judging/judge.py", " or fingerprint(template_of(live)) == start.template", ""
    ),
    Mutant(4, "updated pods need not be as many as wanted", "judging/deployment.py", "if updated < wanted:", "if False:"),
    Mutant(4, "missing replicas mean none", "../kubernetes/objects.py", "return 1 if replicas is None", "return 0 if replicas is None"),
    Mutant(5, "old pods are not waited for", "judging/deployment.py", "if total > updated:", "if False:"),
    Mutant(
        5, "a terminating pod is available", "judging/pods.py", " or terminating(pod):\n        return False", ":\n        return False"
    ),
    Mutant(
        6,
        "readiness is enough for a Deployment",
        "judging/deployment.py",
        'count(live, "availableReplicas")',
        'count(live, "readyReplicas")',
    ),
    Mutant(
        6,
        "readiness is enough for a StatefulSet",
        "judging/stateful_set.py",
        'count(live, "availableReplicas")',
        'count(live, "readyReplicas")',
    ),
    Mutant(
        6, "readiness is enough for a DaemonSet", "judging/daemon_set.py", 'count(live, "numberAvailable")', 'count(live, "numberReady")'
    ),
    Mutant(
        7,
        "less than all is the default",
        "../kubernetes/values.py",
        "required: str = FULL",
        "required: str = MAX_UNAVAILABLE",
    ),
    Mutant(
        7,
        "maxUnavailable of all means none",
        "judging/look.py",
        "max(1, wanted - share(max_unavailable, wanted, up=False))",
        "wanted - share(max_unavailable, wanted, up=False)",
    ),
    Mutant(7, "old pods count as new ones", "judging/deployment.py", "max(0, available + updated - total)", "available"),
    Mutant(
        8, "nothing running is a success", "judging/judge.py", 'if context.settings.allow_zero else "failure"', 'if True else "failure"'
    ),
    Mutant(9, "paused is not looked at", "judging/deployment.py", 'if spec(live).get("paused"):', "if False:"),
    Mutant(
        9,
        "paused has to be observed first",
        "judging/judge.py",
        'if code not in ("paused", "suspended") and not look.observed:',
        "if not look.observed:",
    ),
    Mutant(10, "the old pods pass for new ones", "judging/deployment.py", 'count(live, "updatedReplicas")', 'count(live, "replicas")'),
    Mutant(11, "all pods have to be new", "judging/stateful_set.py", "max(0, wanted - partition(live))", "wanted"),
    Mutant(11, "a partition is a whole success", "judging/stateful_set.py", "(target < wanted or counts.available < wanted)", "False"),
    Mutant(12, "the pods' own revision is not looked at", "judging/stateful_set.py", "if counts.new < target:", "if False:"),
    Mutant(12, "the revision need not be taken over", "judging/stateful_set.py", "if whole and ", "if False and "),
    Mutant(13, "OnDelete passes", "judging/stateful_set.py", "if by_hand and old else None", "if False else None"),
    Mutant(13, "OnDelete passes for a DaemonSet", "judging/daemon_set.py", "if by_hand and stale else None", "if False else None"),
    Mutant(14, "no node is excused", "judging/daemon_set.py", "- fine - done", "- fine - done - {_node(pod) for pod in pods}"),
    Mutant(14, "a new node is waited for", "judging/daemon_set.py", " & context.start.nodes", ""),
    Mutant(15, "the old pod of a surge is not waited for", "judging/daemon_set.py", "    if stale:\n", "    if False:\n"),
    Mutant(
        15,
        "two pods of a node count twice",
        "judging/daemon_set.py",
        "len({_node(pod) for pod in new if not terminating(pod)})",
        "len(new)",
    ),
    Mutant(16, "readiness gates are not told", "judging/pods.py", 'if ready.get("reason") == "ReadinessGatesNotReady":', "if False:"),
    Mutant(17, "another object of the name is adopted", "judging/judge.py", "if uid(live) != start.uid:", "if False:"),
    Mutant(18, "nothing changed is a rollout", "judging/judge.py", "if context.start.changed is False:", "if False:"),
    Mutant(
        19, "changed configuration is not told", "judging/judge.py", "if configs := unrolled(context.start, live):", "if configs := []:"
    ),
    Mutant(19, "only volumes are looked at", "judging/configs.py", "{*_mounted(inside), *_in_environment(inside)}", "{*_mounted(inside)}"),
    Mutant(
        20,
        "a deadline of any ReplicaSet counts",
        "judging/deployment.py",
        "return newest is not None and f'\"{name(newest)}\"' in text",
        "return True",
    ),
    Mutant(
        20,
        "a deadline that names none counts at once",
        "judging/deployment.py",
        "return context.seen.elapsed >= (deadline(live) or 0)",
        "return True",
    ),
    Mutant(21, "there is no time limit of our own", "judging/judge.py", "if context.seen.elapsed >= context.settings.wait:", "if False:"),
    Mutant(
        22,
        "only a passed deadline stops",
        "judging/deployment.py",
        'return "progress_stopped", {"reason": reason, "message": text}',
        "return None",
    ),
    Mutant(
        23,
        "a complete rollout is not looked at",
        "judging/judge.py",
        "if len(fatal) > context.settings.tolerated_pods:",
        "if look.waiting_for and len(fatal) > context.settings.tolerated_pods:",
    ),
    Mutant(
        24,
        "refusals of the new ReplicaSet are not seen",
        "judging/deployment.py",
        "refused=refused_by_replica_set(newest, context)",
        "refused=None",
    ),
    Mutant(
        24,
        "refusals of any ReplicaSet count",
        "judging/deployment.py",
        "refused=refused_by_replica_set(newest, context)",
        "refused=next((r for s in sets if (r := refused_by_replica_set(s, context))), None)",
    ),
    Mutant(24, "a quota is final at once", "judging/creation.py", "if final or age > context.settings.grace", "if True"),
    Mutant(25, "owners do not matter", "../kubernetes/objects.py", "if controller_uid(thing) == owner]", "if True]"),
    Mutant(25, "hashes do not matter", "judging/deployment.py", "if label(pod, TEMPLATE_HASH) == wanted]", "if True]"),
    Mutant(25, "all pods of a StatefulSet count", "judging/stateful_set.py", "pods=new,", "pods=pods,"),
    Mutant(
        26, "init containers and sidecars are not looked at", "judging/containers.py", '*(found.get("initContainerStatuses") or ()), ', ""
    ),
    Mutant(26, "only a back-off counts", "judging/containers.py", "if delta <= 0 and not backing_off:", "if not backing_off:"),
    Mutant(
        26, "restarts before the start count", "judging/containers.py", ' - start.restarts.get((uid(pod), str(status.get("name"))), 0)', ""
    ),
    Mutant(
        27,
        "any restart is fatal",
        "judging/containers.py",
        'if delta > context.settings.max_restarts else "transient"',
        'if delta > 0 else "transient"',
    ),
    Mutant(27, "no bad pod is tolerated", "judging/judge.py", "if len(fatal) > context.settings.tolerated_pods:", "if fatal:"),
    Mutant(
        28,
        "an image that is not there is waited for",
        "judging/containers.py",
        '"fatal" if HOPELESS_PULL.search(cause) else "transient"',
        '"transient"',
    ),
    Mutant(
        28, "a registry in trouble is fatal", "judging/containers.py", '"fatal" if HOPELESS_PULL.search(cause) else "transient"', '"fatal"'
    ),
    Mutant(28, "a back-off hides its cause", "judging/containers.py", 'if reason == "ImagePullBackOff" and not', "if False and not"),
    Mutant(
        29,
        "missing configuration is waited for",
        "judging/containers.py",
        'if CACHE_NOT_READY.search(text) else "fatal"',
        'if True else "fatal"',
    ),
    Mutant(29, "a cold cache is fatal", "judging/containers.py", 'if CACHE_NOT_READY.search(text) else "fatal"', 'if False else "fatal"'),
    Mutant(29, "trouble of the node is fatal", "judging/containers.py", 'ended.get("exitCode") == NODE_TROUBLE_EXIT', "False"),
    Mutant(
        30,
        "want of memory is a crash like any other",
        "judging/containers.py",
        '"oom_killed" if ended.get("reason") == "OOMKilled" or code == 137 else "crash_loop"',
        '"crash_loop"',
    ),
    Mutant(30, "secrets in logs are shown", "../kubernetes/masking.py", "_bounded(mask(line))", "_bounded(line)"),
    Mutant(30, "logs are shown in full", "../kubernetes/masking.py", "[-lines:])", ")"),
    Mutant(
        31,
        "there is no grace",
        "judging/scheduling.py",
        'severity: Severity = "fatal" if age > grace else "waiting"',
        'severity: Severity = "fatal"',
    ),
    Mutant(
        31,
        "a node on its way is not waited for",
        "judging/scheduling.py",
        "context.settings.scale_up_grace if room else context.settings.grace",
        "context.settings.grace",
    ),
    Mutant(31, "gates are a lack of nodes", "judging/scheduling.py", 'if scheduled.get("reason") == "SchedulingGated":', "if False:"),
    Mutant(32, "claims are not looked at", "judging/scheduling.py", "if claim := unbound_claim(pod, context):", 'if claim := "":'),
    Mutant(32, "volumes are not looked at", "judging/pods.py", "return volume_trouble(pod, context) or _not_ready", "return _not_ready"),
    Mutant(32, "a missing service account is a refusal like any other", "judging/creation.py", 'r"service ?account.*not found"', 'r"(?!)"'),
    Mutant(
        33,
        "an evicted pod is a crashed one",
        "judging/pods.py",
        "if not reason and (bad := ended_badly(pod, context)):",
        "if bad := ended_badly(pod, context):",
    ),
    Mutant(
        34,
        "the probe is not named",
        "judging/pods.py",
        'f"readiness probe {describe(probe)} has not passed" if probe else "it is not ready"',
        '"it is not ready"',
    ),
    Mutant(
        34, "a startup probe gives no time", "judging/judge.py", "slow = slowest_start(spec(template_of(live))) + float", "slow = float"
    ),
    Mutant(
        35,
        "silence is waited for",
        "judging/judge.py",
        "if not look.may_be_quiet and context.seen.quiet >",
        "if False and context.seen.quiet >",
    ),
    Mutant(36, "events of others count", "judging/events.py", "if _about(event) in uids and (when", "if (when"),
    Mutant(36, "old events count", "judging/events.py", " and when >= since - SLACK]", "]"),
    Mutant(36, "an event alone is proof", "judging/creation.py", "if missing <= 0 or event is None:", "if event is None:"),
    Mutant(37, "stuck pods are not told", "judging/judge.py", "evidence = _worst(troubles + stuck)", "evidence = _worst(troubles)"),
    Mutant(38, "a watch begins anywhere", "../kubernetes/client.py", '"resourceVersion": version, ', '"resourceVersion": "0", '),
    Mutant(
        38,
        "after 410 the watch just goes on",
        "mirror.py",
        "            self.read()\n        except Stopped:",
        "            pass\n        except Stopped:",
    ),
    Mutant(
        39, "reads have no time limit", "../kubernetes/client.py", "read=WATCH_SECONDS + 10.0 if stream else READ_SECONDS)", "read=None)"
    ),
    Mutant(
        39,
        "only the watch is believed",
        "verifier.py",
        "        if now - self._truth_at >= TRUTH_SECONDS:",
        "        if now:\n            return\n        if now - self._truth_at >= TRUTH_SECONDS:",
        tests="rule_39_a_watch_that_says_nothing",
    ),
    Mutant(40, "limits and restarts are final", "../kubernetes/client.py", "PASSING = (429, 500, 502, 503, 504)", "PASSING = (599,)"),
    Mutant(40, "Retry-After is not obeyed", "../kubernetes/client.py", "min(max(seconds, wished), left)", "min(seconds, left)"),
    Mutant(
        40, "tokens are not renewed", "../kubernetes/client.py", "if response.status == 401 and not renewed", "if False and not renewed"
    ),
    Mutant(
        40,
        "tokens are used until they are refused",
        "../kubernetes/access.py",
        "or (self.ends and datetime.now(UTC) > self.ends - EARLY)",
        "",
    ),
    Mutant(
        40,
        "verb and resource are not named",
        "../kubernetes/client.py",
        "no permission to {VERBS.get(method, method)} {resource_of(path)}: ",
        "no permission: ",
    ),
    Mutant(40, "a new workload has to be there at once", "watching.py", "if self.api.clock.now() >= until:", "if True:"),
    Mutant(41, "late events count", "mirror.py", "if known is not None and version_of(known) > version > 0:", "if False:"),
    Mutant(
        41, "a lagging list is believed", "mirror.py", "if floor and self._version.isdigit() and floor < int(self._version):", "if False:"
    ),
    Mutant(41, "events from before the list count", "mirror.py", "if 0 < version <= self._floor:", "if False:"),
    Mutant(42, "only the first page is read", "../kubernetes/client.py", "            if not token:\n", "            if True:\n"),
    Mutant(
        42,
        "a late page ends the list",
        "../kubernetes/client.py",
        "            except Gone:\n                self._pause",
        "            except ZeroDivisionError:\n                self._pause",
    ),
    Mutant(
        42, "all pods of the namespace are read", "watching.py", 'narrow = {"labelSelector": selector(live)}', "narrow: dict[str, str] = {}"
    ),
    Mutant(
        42, "pods are kept whole", "trim.py", "    kept = _only(spec, POD_SPEC)", "    return dict(found)\n    kept = _only(spec, POD_SPEC)"
    ),
    Mutant(43, "our own clock is believed", "../kubernetes/client.py", "if self._server_time is None:", "if True:"),
    Mutant(44, "time for a rollback is not counted", "plan.py", "(self.rollback_seconds if self.rollback else 0.0)", "0.0"),
    Mutant(
        44,
        "a request to stop is not heard",
        "verifier.py",
        'Ending("error", "interrupted", self._interrupted(), "interrupted")',
        'Ending("success", "complete", "", "done")',
    ),
    Mutant(44, "a deadline without room is accepted", "options.py", "if deadline is not None and deadline < plan.longest:", "if False:"),
    Mutant(
        45,
        "any ready pod will do",
        "probes.py",
        'if not any((endpoint.get("targetRef") or {}).get("uid") in new_pods for endpoint in usable):',
        "if False:",
    ),
    Mutant(
        45,
        "a Service without endpoints passes",
        "probes.py",
        "    if not endpoints:\n",
        '    if not endpoints:\n        return "", ""\n    if not endpoints:\n',
    ),
    Mutant(45, "terminating pods will do", "probes.py", ' and not conditions.get("terminating")', ""),
    Mutant(46, "one answer is enough", "probes.py", "len(problems) >= successes and not any(problems[-successes:])", "not problems[-1]"),
    Mutant(46, "any status is right", "probes.py", "if answer.status not in probe.statuses:", "if False:"),
    Mutant(46, "bodies are not looked at", "probes.py", "if probe.body and not re.search(probe.body, answer.body):", "if False:"),
    Mutant(46, "there is no time for a load balancer", "probes.py", "if now() - began >= probe.wait or", "if code or"),
    Mutant(47, "any version may answer", "probes.py", "if probe.version and (found", "if False and (found"),
    Mutant(48, "redirects are followed", "probes.py", "redirect=probe.redirects, preload", "redirect=True, retries=3, preload"),
    Mutant(48, "bad certificates are no answer like any other", "probes.py", "if answer.certificate:", "if False:"),
    Mutant(48, "a request has no time limit", "probes.py", "urllib3.Timeout(total=probe.timeout)", "urllib3.Timeout(total=60)"),
    Mutant(49, "a provider that fails is borne for ever", "metrics.py", '_in_a_row(measurements, "error") > metric.error_limit:', "False:"),
    Mutant(
        49,
        "errors are failures",
        "metrics.py",
        'return Measurement("error", reading.error)',
        'return Measurement("failure", reading.error)',
        tests="rule_51_a_provider or rule_49 or rule_50",
    ),
    Mutant(50, "not a number passes", "metrics.py", "if any(not math.isfinite(sample) for sample in reading.samples):", "if False:"),
    Mutant(50, "any of several series will do", "metrics.py", "if reading.series > 1:", "if False:"),
    Mutant(50, "few samples are enough", "metrics.py", "if len(reading.samples) < max(1, metric.min_samples):", "if not reading.samples:"),
    Mutant(50, "no data passes", "metrics.py", 'if metric.on_no_data == "pass":', "if True:"),
    Mutant(
        51,
        "incomplete periods are measured",
        "metrics.py",
        "(now - timedelta(seconds=metric.lag)).timestamp() // period * period",
        "now.timestamp()",
    ),
    Mutant(
        51,
        "samples from before are measured",
        "metrics.py",
        "-(-begin.timestamp() // period) * period",
        "begin.timestamp() // period * period",
    ),
    Mutant(51, "partial data is complete", "metric_sources.py", 'or (states and states[-1] == "PartialData")', ""),
    Mutant(51, "only the first page is read", "metric_sources.py", 'if not page.get("NextToken"):', "if True:"),
    Mutant(51, "there is no initial delay", "baking.py", "began + timedelta(seconds=bake.initial_delay)", "began"),
    Mutant(
        52,
        "bad measurements need not be in a row",
        "metrics.py",
        "return next((count for count, found in enumerate(reversed(measurements)) if found.outcome != outcome), len(measurements))",
        "return sum(found.outcome == outcome for found in measurements)",
    ),
    Mutant(52, "a gross breach is borne", "metrics.py", "if last.gross or (", "if ("),
    Mutant(53, "the baseline is not looked at", "metrics.py", "if said := _worse(value, before, metric):", 'if said := "":'),
    Mutant(
        53,
        "what was bad before is the rollout's fault",
        "metrics.py",
        "if isinstance(value, Measurement) or metric.relative:",
        "if True:",
    ),
    Mutant(54, "anything goes into a query", "metrics.py", "if not SAFE.fullmatch(values[name]):", "if False:"),
    Mutant(
        54,
        "the revision is not filled in",
        "metric_sources.py",
        'query = filled(str(source["query"]), values)',
        'query = str(source["query"])',
        tests="rule_54_the_revision_reaches",
    ),
    Mutant(
        55,
        "the revision before is good enough",
        "rollback_target.py",
        "found = RollbackTarget(template=record.template, revision=record.revision) if record else RollbackTarget()",
        "found = RollbackTarget()",
    ),
    Mutant(55, "failures are recorded", "verifier.py", 'and verdict.code in ("complete", "unchanged", "no_rollout")', ""),
    Mutant(55, "a record of another object is used", "records.py", "    if owner not in owners:\n", "    if False:\n"),
    Mutant(
        56,
        "the record keeps no template",
        "records.py",
        '            "template": json.dumps(template, sort_keys=True),',
        '            "name": "",',
    ),
    Mutant(56, "the limit is not named", "rollback_target.py", 'if limit is not None else ""', 'if False else ""'),
    Mutant(57, "a paused Deployment is patched", "rollback_target.py", 'if spec(live).get("paused"):', "if False:"),
    Mutant(
        58,
        "the controller's label is put back",
        "rollback_target.py",
        '"value": without_hash(template)',
        '"value": {**template, "metadata": {**template.get("metadata", {}), "x": 1}}',
    ),
    Mutant(58, "the record keeps the controller's label", "../kubernetes/objects.py", "if key != TEMPLATE_HASH}", "if True}"),
    Mutant(59, "the same template is put back", "rollback_target.py", "if fingerprint(found.template) == here:", "if False:"),
    Mutant(60, "nothing is freed", "rollback.py", 'if target.kind == "StatefulSet":', "if False:"),
    Mutant(60, "healthy pods are deleted too", "rollback_target.py", ' and condition(pod, "Ready").get("status") != "True"', ""),
    Mutant(60, "pods of any revision are deleted", "rollback_target.py", "if label(pod, REVISION_HASH) == bad_revision and", "if"),
    Mutant(61, "a first release is always kept", "rollback_target.py", 'if wish.first == "keep" or', "if True or"),
    Mutant(61, "any workload counts as first", "rollback_target.py", "if generation(live) == 1 and start.generation == 1:", "if True:"),
    Mutant(
        62,
        "a rollback makes a success",
        "verifier.py",
        "                self._undo_all()\n",
        "                self._undo_all()\n                ending = replace(ending, state='success')\n",
    ),
    Mutant(62, "a rollback is believed", "rollback.py", 'if verdict.state == "success":', "if True:"),
    Mutant(62, "any ending is rolled back", "verifier.py", '(ending.state == "failure" or ending.state in self.plan.also_on)', "True"),
    Mutant(63, "workloads go back in order", "verifier.py", "for watch in reversed(self.watches):", "for watch in self.watches:"),
    Mutant(63, "only one goes back", "verifier.py", "for watch in reversed(self.watches):", "for watch in self.watches[-1:]:"),
    Mutant(64, "another deployment is undone", "rollback_target.py", "if fingerprint(template_of(live)) != start.template:", "if False:"),
    Mutant(
        64,
        "the patch is not bound to what was read",
        "rollback_target.py",
        '        {"op": "replace", "path": "/metadata/resourceVersion", "value": metadata(live)["resourceVersion"]},\n',
        "",
    ),
    Mutant(64, "one conflict is the end", "rollback.py", "ATTEMPTS = 10", "ATTEMPTS = 1"),
    Mutant(64, "a lost answer is somebody else's patch", "rollback.py", "if live is not None and sent is not None and", "if False and"),
    Mutant(65, "what is not undone is not said", "rollback.py", "and verified; {NOT_UNDONE}", "and verified"),
    Mutant(66, "check mode does everything", "verifier.py", "self._guarded(self._look_once)", "self._guarded(self._locked)"),
    Mutant(66, "a dry run's generation is waited for", "applied.py", "if not trusted or not uid(thing):", "if not uid(thing):"),
    Mutant(67, "locks of others do not count", "lock.py", "if holder not in (None, self._holder):", "if False:"),
    Mutant(
        67,
        "a dead owner's lock is for ever",
        "lock.py",
        'return str(inside["holderIdentity"]) if alive else None',
        'return str(inside["holderIdentity"])',
    ),
    Mutant(67, "locks are not renewed", "lock.py", "if self._api.clock.now() - self._renewed > TTL_SECONDS / 3:", "if False:"),
    Mutant(67, "locks are not given back", "verifier.py", "lock.release()", "pass"),
    Mutant(
        68,
        "a second run is a run without changes",
        "watching.py",
        "changed = said.changed if verified is None else verified != template",
        "changed = said.changed",
    ),
)
