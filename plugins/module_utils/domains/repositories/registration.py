# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The entry of the domain of repositories in the registry of domains."""

from __future__ import annotations

from ...component.registration import Details, Registration


def load() -> Details:
    from ...aws.operations import operations
    from ...kinds.permissions import UNUSED
    from .domain import KINDS, SERVICES
    from .permissions import PERMISSIONS
    from .samples import samples

    return Details(
        kinds=KINDS,
        services=SERVICES,
        permissions=PERMISSIONS,
        reads={
            "whether pushed images are scanned": operations("ecr", "get_registry_scanning_configuration"),
            "which images are deployed": operations("ecr", "list_images"),
        },
        unused={
            "ecr:DeleteLifecyclePolicy": "every repository has a lifecycle policy, which protects what is deployed",
            **{name: why for name, why in UNUSED.items() if name.startswith("kms:")},
        },
        samples=samples,
    )


REGISTRATION = Registration(
    name="repositories", role="ci_cd", variable="ci_cd_repositories", order=("kms_key", "ecr_repository"), load=load
)
