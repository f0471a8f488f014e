#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: s3_content
version_added: 0.1.0
short_description: Upload a directory, such as the build of a single-page application, to an S3 bucket
description:
  - Uploads, in parallel, the files of a directory whose content, content type, C(Cache-Control), or key differ from those of the last
    upload.
  - First uploads what documents refer to, then documents, then O(index). Then invalidates the paths of a CloudFront distribution whose
    objects were replaced. Last, deletes objects that are no longer part of the site, but only O(keep_days) after they left it and once none
    of the last O(keep_releases) releases has them, because pages that are open still load them.
  - What was uploaded is recorded in the object C(.mainstay/content.json) below O(prefix), with the SHA-256 digest of each file. An
    unchanged run reads that record and lists the bucket; it neither reads objects one by one nor compares ETags with digests, which
    they are not if a KMS key encrypts the objects. An object that something else has replaced or deleted since is uploaded again.
  - May be interrupted or killed at any point and run again. A run that changes something holds the lock of O(component).
  - Objects that this module did not upload are left alone.
  - Hidden files, such as C(.env) and C(.git), are not uploaded, except C(.well-known).
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  bucket:
    description:
      - Name of the bucket. It must belong to the account of the credentials.
    type: str
    required: true
  directory:
    description:
      - The directory on the host that runs the module. It must have files, among them O(index). Symbolic links are followed if they stay
        in the directory, and refused otherwise.
    type: path
    required: true
  prefix:
    description:
      - Folder of the bucket, such as V(app). Defaults to the top of the bucket.
    type: str
    default: ''
  index:
    description:
      - The file that is uploaded last.
    type: str
    default: index.html
  exclude:
    description:
      - Shell patterns of files that are not uploaded, such as V(*.map). They are matched with the path below O(directory), and C(*) also
        matches slashes.
    type: list
    elements: str
    default: []
  cache_control:
    description:
      - C(Cache-Control) by shell pattern; the first pattern that matches counts.
      - Files that no pattern matches get C(no-cache) if they are HTML, a web application's manifest, or a service worker, one year and
        C(immutable) if their name has a hexadecimal hash, and one hour otherwise.
    type: dict
    default: {}
  content_types:
    description:
      - Content types by extension, in addition to those that the module knows. A file whose extension is unknown gets
        C(application/octet-stream). The types of the host's operating system are never used.
    type: dict
    default: {}
  kms_key_id:
    description:
      - ARN of the KMS key that encrypts the objects. By default, the encryption of the bucket applies.
    type: str
    default: ''
  version:
    description:
      - What the release is called, such as the commit. It is recorded with the release.
    type: str
    default: ''
  keep_days:
    description:
      - For how many days an object stays after it has left the site.
    type: float
    default: 30
  keep_releases:
    description:
      - An object also stays while one of this many releases has it, the newest among them.
    type: int
    default: 3
  distribution:
    description:
      - Id of the CloudFront distribution whose caches have the objects. Without it, nothing is invalidated.
    type: str
    default: ''
  distribution_path:
    description:
      - The path at which the distribution serves the files. Defaults to O(prefix); V(/) if the distribution's origin has O(prefix) as its
        path.
    type: str
  wait:
    description:
      - Wait until the invalidation has reached all edges.
    type: bool
    default: true
  invalidation_timeout:
    description:
      - How long to wait for it, in seconds.
    type: float
    default: 900
  lock_wait:
    description:
      - How long to wait for another run of the component to finish, in seconds. V(0.0) fails immediately.
      - If not set, the host variable C(platform_lock_wait) is used.
    type: float
    default: 0.0
extends_documentation_fragment:
  - mainstay.aws.component
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Says what would be uploaded, invalidated, and deleted. If the bucket does not exist, everything would be.
    support: full
  diff_mode:
    description: One line for each object that changes.
    support: full
"""

EXAMPLES = r"""
- name: Publish the build
  mainstay.aws.s3_content:
    environment: prod
    component: edge
    region: af-south-1
    bucket: prod-edge-web-111122223333
    directory: "{{ playbook_dir }}/../web/dist"
    version: "{{ lookup('ansible.builtin.pipe', 'git rev-parse HEAD') }}"
    distribution: E1A2B3C4D5E6F7
    exclude: ["*.map"]
    cache_control:
      assets/*: public, max-age=31536000, immutable

- name: Publish the documentation below /docs
  mainstay.aws.s3_content:
    environment: prod
    component: edge
    region: af-south-1
    bucket: prod-edge-web-111122223333
    directory: build/docs
    prefix: docs
    distribution: E1A2B3C4D5E6F7
"""

RETURN = r"""
msg:
  description: What was done, in words.
  returned: always
  type: str
  sample: 10 files uploaded to prod-edge-web-111122223333, 1990 unchanged; 2 paths invalidated.
uploads:
  description: The files that were uploaded, in order, each with the reason; in check mode, those that would be.
  returned: success
  type: list
  elements: dict
  sample: [{name: assets/main.3f2a91bc.js, why: new}, {name: index.html, why: changed}]
deletes:
  description: The objects that were deleted.
  returned: success
  type: list
  elements: str
  sample: [assets/main.0badc0de.js]
retired:
  description: The objects that left the site with this run, and stay for now.
  returned: success
  type: list
  elements: str
  sample: [assets/main.aa11bb22.js]
invalidated:
  description: The paths that were invalidated.
  returned: success
  type: list
  elements: str
  sample: [/, /index.html]
invalidation:
  description: Id of the invalidation; empty if there was none.
  returned: success
  type: str
  sample: I2J0I21PCUYOIK
unchanged:
  description: Number of files that were not uploaded again.
  returned: success
  type: int
  sample: 1990
foreign:
  description: Number of objects below the prefix that this module did not upload. They are left alone.
  returned: success
  type: int
  sample: 0
hidden:
  description: Files of the directory that are not uploaded because they are hidden.
  returned: success
  type: list
  elements: str
  sample: [.DS_Store]
release:
  description: Number of the release, counted from 1.
  returned: success
  type: int
  sample: 12
api_calls:
  description: Number of calls, by C(read) and C(write).
  returned: success
  type: dict
  sample: {read: 4, write: 0}
seconds:
  description: Duration in seconds.
  returned: success
  type: float
  sample: 1.2
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.content_sync.answer import SERVICES, run
from ansible_collections.mainstay.aws.plugins.module_utils.content_sync.options import argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
