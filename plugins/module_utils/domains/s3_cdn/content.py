# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The content that the role puts into buckets, and how it becomes the options of s3_content. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...content_sync.options import PUBLISHED
from ...inputs.problems import Problems, suggestion

VARIABLE = "s3_cdn_content"
OWN = ("bucket", "directory", "distribution")
"""What names something of the inventory; everything else is an option of s3_content."""


def problems(given: Any, variables: Mapping[str, Any]) -> list[str]:
    """What is wrong with the variable. ``variables``: those of the role, which describe buckets and distributions."""
    if not isinstance(given, Mapping):
        return []
    found = Problems()
    for name, settings in given.items():
        path = f"{VARIABLE}.{name}"
        if not isinstance(settings, Mapping):
            found.add(path, settings, "it must be a mapping, such as {bucket: app, directory: dist}")
            continue
        for needed, example in (("bucket", "the name of a bucket in s3_cdn_buckets"), ("directory", "the directory with the build")):
            if not settings.get(needed):
                found.missing(f"{path}.{needed}", f"give {example}")
        for key, variable in (("bucket", "s3_cdn_buckets"), ("distribution", "s3_cdn_distributions")):
            there = variables.get(variable)
            known = list(map(str, there)) if isinstance(there, Mapping) else []
            if settings.get(key) and str(settings[key]) not in known:
                remedy = f"{variable} has no such {key}; {suggestion(str(settings[key]), known)}"
                found.add(f"{path}.{key}", settings[key], remedy)
        for option in settings:
            if option not in (*OWN, *PUBLISHED):
                remedy = f"it is no setting of content; {suggestion(str(option), [*OWN, *PUBLISHED])}"
                found.add(path, option, remedy)
    return found.messages


def options(settings: Mapping[str, Any], outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The options of s3_content. ``outputs``: those of the role."""
    distribution = settings.get("distribution")
    return {
        **{name: value for name, value in settings.items() if name not in OWN},
        "directory": settings["directory"],
        "bucket": str(outputs["buckets"][settings["bucket"]]["name"]),
        "distribution": str(outputs["distributions"][distribution]["id"]) if distribution else "",
    }
