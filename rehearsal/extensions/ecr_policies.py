"""Repository policies, and what they allow callers of other accounts.

After "Private repository policies in Amazon ECR" in the User Guide. Actions that concern no repository, such as GetAuthorizationToken, are
not allowed in a repository policy (cloudposse/terraform-aws-ecr#67).
"""

from __future__ import annotations

import json
from typing import Any

from rehearsal.callers import caller_of
from rehearsal.extensions.ecr import invalid, repository_of
from rehearsal.extensions.policies import missing_principals, statements
from rehearsal.registry import Call, answers, belongs, refuses
from rehearsal.replies import Refusal
from rehearsal.resource_policies import admits

LARGEST = 10_240
OF_THE_REGISTRY = ("GetAuthorizationToken", "GetRegistryScanningConfiguration", "DescribeRegistry", "GetRegistryPolicy")
ON_REPOSITORIES = (
    *("BatchCheckLayerAvailability", "BatchDeleteImage", "BatchGetImage", "CompleteLayerUpload", "DeleteLifecyclePolicy"),
    *("DeleteRepository", "DeleteRepositoryPolicy", "DescribeImages", "GetDownloadUrlForLayer", "GetLifecyclePolicy"),
    *("GetLifecyclePolicyPreview", "GetRepositoryPolicy", "InitiateLayerUpload", "ListImages", "PutImage"),
    *("PutImageScanningConfiguration", "PutImageTagMutability", "PutLifecyclePolicy", "SetRepositoryPolicy"),
    *("StartLifecyclePolicyPreview", "UploadLayerPart"),
)
ON_ARNS = ("ListTagsForResource", "TagResource", "UntagResource")


@belongs("ecr", *ON_REPOSITORIES, *ON_ARNS, "DescribeRepositories")
def account_of_registry(call: Call) -> str:
    arn = str(call.get("resourceArn") or "")
    return str(call.get("registryId") or (arn.split(":")[4] if arn.count(":") > 4 else "") or call.account_id)


@refuses("ecr", *ON_REPOSITORIES)
def admits_other_accounts(call: Call) -> None:
    """A caller of another account needs the repository's policy, which names the caller or its account."""
    if not call.is_foreign:
        return
    repository = repository_of(call)
    if not (repository.policy and admits(json.loads(repository.policy), caller_of(call), f"ecr:{call.operation}")):
        raise _denied(call, repository.arn)


@refuses("ecr", *ON_ARNS, "DescribeRepositories")
def not_for_other_accounts(call: Call) -> None:
    if call.is_foreign:
        raise _denied(call, f"arn:aws:ecr:{call.region}:{call.account_id}:repository/*")


def _denied(call: Call, arn: str) -> Refusal:
    text = (
        f"User: {caller_of(call).arn} is not authorized to perform: ecr:{call.operation} on resource: {arn} because no resource-based "
        f"policy allows the ecr:{call.operation} action"
    )
    return Refusal("AccessDeniedException", text)


@answers("ecr", "SetRepositoryPolicy")
def put(call: Call) -> dict[str, Any]:
    repository, text = repository_of(call), str(call.get("policyText") or "")
    if not _is_valid(call, text):
        raise invalid("PolicyText", "Invalid repository policy provided")
    repository.policy = text
    return _reply(call, repository, text)


def _is_valid(call: Call, text: str) -> bool:
    try:
        document = json.loads(text)
    except ValueError:
        return False
    if len(text) > LARGEST or not isinstance(document, dict) or not statements(document) or missing_principals(call, document):
        return False
    return all(_is_valid_statement(one) for one in statements(document))


def _is_valid_statement(statement: dict[str, Any]) -> bool:
    named = statement.get("Action", statement.get("NotAction", []))
    actions = [named] if isinstance(named, str) else list(named)
    known = all(one == "*" or one.startswith("ecr:") for one in actions) and not {f"ecr:{one}" for one in OF_THE_REGISTRY} & set(actions)
    return bool(actions) and known and bool(statement.get("Principal") or statement.get("NotPrincipal")) and "Resource" not in statement


@answers("ecr", "GetRepositoryPolicy")
def get(call: Call) -> dict[str, Any]:
    repository = repository_of(call)
    return _reply(call, repository, _existing(call, repository))


@answers("ecr", "DeleteRepositoryPolicy")
def delete(call: Call) -> dict[str, Any]:
    repository = repository_of(call)
    text = _existing(call, repository)
    repository.policy = None
    return _reply(call, repository, text)


def _existing(call: Call, repository: Any) -> str:
    if not repository.policy:
        text = (
            f"Repository policy does not exist for the repository with name '{repository.name}' in the registry with id '{call.account_id}'"
        )
        raise Refusal("RepositoryPolicyNotFoundException", text)
    return str(repository.policy)


def _reply(call: Call, repository: Any, text: str) -> dict[str, Any]:
    return {"registryId": call.account_id, "repositoryName": repository.name, "policyText": text}
