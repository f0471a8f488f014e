"""Lifecycle policies: set, read, previewed, and carried out.

ECR carries a policy out within 24 hours. Here that happens when it is asked to: ``POST /happenings`` with service ecr, happening
lifecycle_policies, after ``clock_ahead_seconds`` has made the images old enough.
"""

from __future__ import annotations

from typing import Any

from rehearsal.extensions.ecr import find_image, invalid, referenced, repository_of
from rehearsal.extensions.ecr_lifecycle_rules import Candidate, expired, problem
from rehearsal.registry import Call, answers, happens
from rehearsal.replies import Refusal
from rehearsal.transitions import moment


@answers("ecr", "PutLifecyclePolicy")
def put(call: Call) -> dict[str, Any]:
    repository, text = repository_of(call), _valid(call)
    repository.lifecycle_policy = text
    return _reply(call, repository, text)


def _valid(call: Call) -> str:
    text = str(call.get("lifecyclePolicyText") or "")
    if why := problem(text):
        raise invalid("LifecyclePolicyText", f"Lifecycle policy validation failure: {why}")
    return text


@answers("ecr", "GetLifecyclePolicy")
def get(call: Call) -> dict[str, Any]:
    repository = repository_of(call)
    text, when = _existing(call, repository), repository.__dict__.get("rehearsal_evaluated")
    return _reply(call, repository, text) | ({"lastEvaluatedAt": when} if when else {})


@answers("ecr", "DeleteLifecyclePolicy")
def delete(call: Call) -> dict[str, Any]:
    repository = repository_of(call)
    text = _existing(call, repository)
    repository.lifecycle_policy = None
    return _reply(call, repository, text)


def _existing(call: Call, repository: Any) -> str:
    if not repository.lifecycle_policy:
        text = (
            f"Lifecycle policy does not exist for the repository with name '{repository.name}' in the registry with id '{call.account_id}'"
        )
        raise Refusal("LifecyclePolicyNotFoundException", text)
    return str(repository.lifecycle_policy)


def _reply(call: Call, repository: Any, text: str) -> dict[str, Any]:
    return {"registryId": call.account_id, "repositoryName": repository.name, "lifecyclePolicyText": text}


@answers("ecr", "StartLifecyclePolicyPreview")
def start_preview(call: Call) -> dict[str, Any]:
    repository = repository_of(call)
    text = _valid(call) if call.get("lifecyclePolicyText") else _existing(call, repository)
    repository.__dict__["rehearsal_preview"] = text
    return _reply(call, repository, text) | {"status": "IN_PROGRESS"}


@answers("ecr", "GetLifecyclePolicyPreview")
def get_preview(call: Call) -> dict[str, Any]:
    repository = repository_of(call)
    text = repository.__dict__.get("rehearsal_preview")
    if text is None:
        raise Refusal("LifecyclePolicyPreviewNotFoundException", f"There is no dry run for the repository '{repository.name}'")
    results = [
        {
            "imageTags": list(image.image_tags),
            "imageDigest": image.image_digest,
            "imagePushedAt": image.image_pushed_at,
            "action": {"type": "EXPIRE"},
            "appliedRulePriority": priority,
        }
        for digest, priority in leaving(repository, text).items()
        for image in [find_image(repository, {"imageDigest": digest})]
    ]
    summary = {"expiringImageTotalCount": len(results)}
    return _reply(call, repository, text) | {"status": "COMPLETE", "previewResults": results, "summary": summary}


def leaving(repository: Any, policy: str) -> dict[str, int]:
    """The images that a policy expires now: digest -> priority of the rule."""
    used = referenced(repository)
    candidates = [
        Candidate(
            one.image_digest,
            tuple(one.image_tags),
            one.image_pushed_at,
            one.__dict__.get("rehearsal_pulled") or one.image_pushed_at,
            one.image_digest in used,
        )
        for one in repository.images
    ]
    return expired(policy, candidates, moment())


@happens("ecr", "lifecycle_policies")
def carry_out(call: Call) -> dict[str, Any]:
    """Evaluates the policies of all repositories until nothing more expires: what an index referenced follows it."""
    gone: dict[str, list[str]] = {}
    for repository in call.backend.repositories.values():
        while repository.lifecycle_policy and (now := leaving(repository, repository.lifecycle_policy)):
            gone.setdefault(repository.name, []).extend(now)
            repository.images = [one for one in repository.images if one.image_digest not in now]
        repository.__dict__["rehearsal_evaluated"] = moment()
    return {"expired": gone}
