# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The images of a repository that are deployed, by the tags that protect them."""

from __future__ import annotations

from collections.abc import Collection

from ....aws.connection import Aws
from ....images.protecting import PREFIX


def deployed_tags(aws: Aws, repository: str) -> list[str]:
    """The protecting tags in a repository of ours."""
    found = aws.list_all("ecr", "list_images", "imageIds", repositoryName=repository, filter={"tagStatus": "TAGGED"})
    return [one["imageTag"] for one in found if str(one.get("imageTag") or "").startswith(PREFIX)]


def users(tags: Collection[str], without: str = "") -> list[str]:
    """Who deployed the images with these tags, as ``environment.component``. ``without``: an environment that does not count."""
    found = {tag.removeprefix(PREFIX).rpartition("-")[0] for tag in tags}
    return sorted(one for one in found if not (without and one.startswith(f"{without}.")))
