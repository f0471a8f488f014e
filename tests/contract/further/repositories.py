# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What repositories add to an account: how they are counted, and cases that the smallest one does not cover."""

from __future__ import annotations

from ansible_collections.mainstay.aws.plugins.module_utils.aws.operations import Operation
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.policies import key_policy
from ansible_collections.mainstay.aws.plugins.module_utils.aws.samples import Drift, Sample
from ansible_collections.mainstay.aws.plugins.module_utils.domains.repositories.access import repository_policy
from ansible_collections.mainstay.aws.plugins.module_utils.domains.repositories.samples import repository_resource
from ansible_collections.mainstay.aws.plugins.module_utils.domains.repositories.settings.repositories import Access
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource, ref
from tests.contract.account import listed
from tests.contract.further.shared import FEW, MANY


def encrypted(place: Place) -> Sample:
    """With a key; tags are removed, and so are both policies, one of them by hand."""
    key = Resource("kms_key", "images", {"description": "images", "policy": key_policy(place)})
    policy = repository_policy(Access(deploy_accounts=("210987654321",)), place)
    return Sample(
        repository_resource(place, encryption={"type": "KMS", "kms_key": ref(key.address, "arn")}, policy=policy, tags=MANY),
        needs=(key,),
        change={"policy": None, "lifecycle_policy": None, "tags": FEW},
        drift=Drift(Operation("ecr", "untag_resource"), lambda one: {"resourceArn": one.attributes["arn"], "tagKeys": ["team"]}, "tags"),
    )


COUNTS = {"ecr_repository": listed("ecr", "describe_repositories", "repositories")}
FURTHER = {"ci_cd": {"encrypted": encrypted}}
