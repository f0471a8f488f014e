"""The mutants: for each rule of a deployment, at least one small source change that disables it. Rules are numbered in this order."""

from __future__ import annotations

from tests.mutants.declared import Mutant

RULES = range(1, 21)

MUTANTS = (
    Mutant(1, "one verified record is enough", "record.py", "][:2]\n", "][:1]\n", "last_two_verified"),
    Mutant(2, "a migration that began has run", "record.py", ' and one.migration.get("finished")', "", "proved_by_any_record"),
    Mutant(
        3, "records hold the data of Secrets", "identity.py", 'if manifest.get("kind") != "Secret":', "if True:", "everything_but_secrets"
    ),
    Mutant(4, "what the last verified release needs is pruned", "pruning.py", " and key not in kept", "", "deleted_after_a_release"),
    Mutant(5, "objects elsewhere are pruned", "pruning.py", " and one.namespace == namespace", "", "deleted_after_a_release"),
    Mutant(
        6,
        "a record changes other namespaces",
        "way_back.py",
        "if one.namespace == namespace and one.kind",
        "if one.kind",
        "going_back_needs",
    ),
    Mutant(7, "a rollback leads to a release that failed", "record.py", "if one.status in GOOD), None)", "), None)", "rollback_returns_to"),
    Mutant(8, "any verdict of the gate is good", "gate.py", "if deployment not in deployments:", "if False:", "verdict_belongs"),
    Mutant(
        9,
        "rules may still name the old track",
        "target_groups.py",
        "if any(name in one for one in listed",
        "if any(False for one in listed",
        "follows",
    ),
    Mutant(10, "weights are not compared", "target_groups.py", "_shares(one) == _shares(expected.weights)", "True", "follows"),
    Mutant(
        11,
        "a canary needs no metrics",
        "strategies/settings.py",
        'if not (metrics if one["metrics"] is None else one["metrics"]):',
        "if False:",
        "refused",
    ),
    Mutant(
        12,
        "the Service of a track selects both",
        "strategies/tracks.py",
        '{**spec, "selector": {**spec["selector"], **new}}',
        "spec",
        "selects_pods",
    ),
    Mutant(
        13,
        "a canary starts with the whole service's minimum",
        "strategies/tracks.py",
        'one["spec"]["minReplicas"] = 1',
        "pass",
        "own_minimum",
    ),
    Mutant(
        14,
        "the old color goes while cookies lead to it",
        "strategies/colors.py",
        "return until is not None and now < until",
        "return False",
        "cookies_live",
    ),
    Mutant(
        15,
        "a canary of a chart",
        "strategies/settings.py",
        "if strategy in TRACKED and mode != APPLY:",
        "if False:",
        "strategies_and_modes",
    ),
    Mutant(16, "a pending revision is taken at once", "modes/helm.py", "if silent < limit:", "if False:", "before_an_upgrade"),
    Mutant(16, "anyone's pending revision is taken", "modes/helm.py", "    if not ours:", "    if False:", "before_an_upgrade"),
    Mutant(17, "Helm goes back to a revision that is gone", "modes/helm.py", "    if release is None:\n", "    if False:\n", "go_back_to"),
    Mutant(
        18, "an old comparison counts", "modes/argo_status.py", "if ended and compared and compared < ended:", "if False:", "status_says"
    ),
    Mutant(18, "health of the revision before counts", "modes/argo_status.py", 'not in ("", asked.revision):', "in ():", "status_says"),
    Mutant(19, "automatic sync stays on", "modes/argo.py", "        if off:\n", "        if False:\n", "automatic_sync_off"),
    Mutant(20, "what a canary left stays", "ownership.py", "(*recorded(release), *besides(release))", "recorded(release)", "may_not_list"),
)
