#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecr_repositories
version_added: 0.1.0
short_description: Create, change and remove repositories for container images
description:
  - Brings the Amazon ECR repositories of one component, their policies, and the KMS key that encrypts their images to the described state
    in one call.
  - Tags are immutable unless the settings say otherwise.
  - No lifecycle policy expires an image that is deployed. Deployments give such images a tag that begins with C(deployed-), and the first
    rule of each policy selects these tags and expires nothing. ECR expires no image by a rule of lower priority than one whose tags it
    matches, and no image that an index references. Even in repositories with mutable tags, these tags cannot be moved.
  - A repository is deleted with its images, given consent that names the kind in full. It is not deleted while images of it are deployed.
  - The account's scanning configuration is read and never changed. The plan says if it leaves out a repository.
  - Nothing is stored outside AWS. Repositories are found by their tags.
  - Replacements and deletions require consent in O(allow_replace) and O(purge). The plan shows which actions lack it.
  - To finish a call that was interrupted at any point, run it again.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  repositories:
    description:
      - The repositories, by name. Required with O(state=present). A repository that is no longer listed is deleted, given consent in
        O(purge). All settings are optional.
      - C(name) is the name in ECR, by default C(<environment>-<component>/<name>). Changing the name replaces the
        repository.
      - C(tag_mutability) is V(immutable) (the default) or V(mutable). C(exclusions) are up to 5 patterns (4 with V(mutable)) of tags to
        which this does not apply, in which C(*) stands for any text.
      - C(scan_on_push) (V(true)) scans each image for vulnerabilities when it is pushed.
      - C(encryption) is V(kms) (the default) or V(aes256). With V(kms), the key is the component's own, or C(kms_key_arn). Encryption is
        fixed at creation; changing it replaces the repository.
      - C(pull_accounts) and C(pull_organization) (C(o-...)) are other accounts that may pull. C(deploy_accounts) may also push and delete
        images, which deployments from these accounts need to protect what they deploy.
      - C(lifecycle) says what expires. C(untagged_days) (V(14); V(0) for never) is for images without tags. C(rules) are a list, in order
        of priority. Each has exactly one of C(keep) (how many images stay), C(days) (since the push), and C(unpulled_days) (since the last
        pull), and C(tags), patterns that must all match tags of an image. Only the last one may omit C(tags), which means every image.
        Deployed images count towards C(keep), although they never expire.
      - C(tags) are the repository's own tags.
      - All settings are checked before the first change, and all problems are reported at once.
    type: dict
extends_documentation_fragment:
  - mainstay.aws.component
  - mainstay.aws.component.change
  - mainstay.aws.component.patience
  - mainstay.aws.component.apply
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Returns the plan without changing anything.
    support: full
  diff_mode:
    description: Returns one entry for each resource that changes, with its properties before and after.
    support: full
seealso:
  - module: mainstay.aws.ecr_repositories_info
"""

EXAMPLES = r"""
- name: Create repositories that another account pulls from
  mainstay.aws.ecr_repositories:
    environment: prod
    component: registry
    region: af-south-1
    repositories:
      api:
        pull_accounts: ["210987654321"]
      web:
        exclusions: [dev-*]
        lifecycle:
          untagged_days: 7
          rules:
            - {tags: [dev-*], days: 14}
            - {keep: 200}
"""

RETURN = r"""
outputs:
  description:
    - The values that other components need. The keys are the same in check mode; values known only after an apply read
      C((known after apply)).
  returned: always
  type: dict
  contains:
    repositories:
      description: The repositories by name. C(uri) is what image references begin with.
      type: dict
      returned: always
      sample:
        api:
          name: prod-registry/api
          arn: arn:aws:ecr:af-south-1:123456789012:repository/prod-registry/api
          uri: 123456789012.dkr.ecr.af-south-1.amazonaws.com/prod-registry/api
          registry_id: "123456789012"
    key_arn:
      description: The key that encrypts the images, if it is the component's own.
      type: str
      returned: always
      sample: arn:aws:kms:af-south-1:123456789012:key/12345678-1234-1234-1234-123456789012
    deferred:
      description: Resources that were started but not waited for, and those that depend on them. Empty unless O(defer) is set; see there.
      type: list
      elements: str
      returned: always
      sample: []
plan:
  description:
    - The actions that were or would be taken, for people and programs, in the format that M(mainstay.aws.vpc_network) returns. The
      callback P(mainstay.aws.plan_summary#callback) prints it.
    - C(note) says which repositories the account's enhanced scanning leaves out.
  returned: always
  type: dict
  sample: {format: 1, counts: {create: 2, update: 0, replace: 0, delete: 0, unchanged: 0}, actions: [], errors: []}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.domains.repositories.domain import SERVICES, run
from ansible_collections.mainstay.aws.plugins.module_utils.domains.repositories.spec import REQUIRED_IF, argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True, required_if=REQUIRED_IF))


if __name__ == "__main__":
    main()
