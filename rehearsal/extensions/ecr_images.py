"""Images: pushed, tagged again, read by tag and digest, listed, untagged, deleted.

After the Amazon ECR API Reference. Unlike ECR, the rehearsal does not require the layers of an image to exist, since nothing runs; the
images of an index must. The configuration of an image can be uploaded as a layer, and is downloaded from a ``data:`` URL.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from rehearsal.container_images import INDEX, digest
from rehearsal.extensions.ecr import add_image, blobs, children, find_image, invalid, matches, page, referenced, repository_of
from rehearsal.registry import Call, adjusts, answers
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

INDEXES = (INDEX, "application/vnd.docker.distribution.manifest.list.v2+json")
LARGEST_BATCH = 100


@adjusts("ecr")
def keep_the_content_of_layers() -> None:
    from moto.ecr.models import ECRBackend

    original = ECRBackend.complete_layer_upload

    def complete(self: Any, repository_name: str, upload_id: str, *rest: Any, **more: Any) -> Any:
        repository = self._get_repository(repository_name)
        upload = repository.uploads.get(upload_id)
        content = bytes(upload.layer_parts) if upload else b""
        reply = original(self, repository_name, upload_id, *rest, **more)
        blobs(repository)[reply["layerDigest"]] = content
        return reply

    ECRBackend.complete_layer_upload = complete


@answers("ecr", "GetDownloadUrlForLayer")
def download_url(call: Call) -> dict[str, Any]:
    repository, wanted = repository_of(call), str(call.get("layerDigest"))
    content = blobs(repository).get(wanted)
    if content is None:
        raise Refusal("LayersNotFoundException", f"The layer with digest '{wanted}' does not exist in the repository '{repository.name}'")
    return {"downloadUrl": f"data:application/octet-stream;base64,{base64.b64encode(content).decode()}", "layerDigest": wanted}


# --- pushing and tagging ---


@answers("ecr", "PutImage")
def put(call: Call) -> dict[str, Any]:
    repository, text = repository_of(call), str(call.get("imageManifest") or "")
    document = _manifest(text)
    calculated, tag = digest(text), call.get("imageTag")
    if call.get("imageDigest") not in (None, calculated):
        text = f"The digest {call.get('imageDigest')} does not match the manifest's, {calculated}"
        raise Refusal("ImageDigestDoesNotMatchException", text)
    media_type = call.get("imageManifestMediaType") or document.get("mediaType")
    if not media_type:
        raise invalid("imageManifestMediaType", "The media type is neither given nor in the manifest")
    _check_children(repository, document)
    image = find_image(repository, {"imageDigest": calculated})
    holder = find_image(repository, {"imageTag": tag}) if tag else None
    if image is not None and (tag is None or holder is image):
        text = f"Image with digest '{calculated}' and tag '{tag}' already exists in the repository with name '{repository.name}'"
        raise Refusal("ImageAlreadyExistsException", text)
    if holder is not None:
        _leave(repository, holder, str(tag))
    if image is None:
        _count(call, repository)
        image = add_image(repository, text, media_type)
    if tag:
        image.update_tag(tag)
    return {"image": _image(call, image, {"imageDigest": calculated} | ({"imageTag": tag} if tag else {}))}


def _manifest(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise invalid("ImageManifest", "Invalid JSON syntax")
    return document


def _check_children(repository: Any, document: Mapping[str, Any]) -> None:
    there = {image.image_digest for image in repository.images}
    absent = [child["digest"] for child in document.get("manifests", ()) if child["digest"] not in there]
    if absent:
        text = f"The images with digests {absent} referenced by the manifest list do not exist in the repository '{repository.name}'"
        raise Refusal("ReferencedImagesNotFoundException", text)


def _leave(repository: Any, holder: Any, tag: str) -> None:
    """Takes a tag from the image that has it, if the repository lets tags move. The image stays, without tags if that was its last."""
    if is_immutable(repository, tag):
        text = (
            f"The image tag '{tag}' already exists in the '{repository.name}' repository and cannot be overwritten because the tag is "
            "immutable."
        )
        raise Refusal("ImageTagAlreadyExistsException", text)
    holder.remove_tag(tag)


def is_immutable(repository: Any, tag: str) -> bool:
    excluded = any(matches(one["filter"], tag) for one in repository.image_tag_mutability_exclusion_filters or ())
    return str(getattr(repository.image_tag_mutability, "value", repository.image_tag_mutability)).startswith("IMMUTABLE") != excluded


def _count(call: Call, repository: Any) -> None:
    limit = call.settings.quotas.get("images_per_repository")
    if limit is not None and len(repository.images) >= limit:
        raise Refusal("LimitExceededException", f"The repository '{repository.name}' has reached the maximum of {limit} images")


# --- reading ---


@answers("ecr", "BatchGetImage")
def batch_get(call: Call) -> dict[str, Any]:
    """Images of other media types than those accepted: an index becomes its child for linux/amd64, and anything else is refused."""
    repository, accepted = repository_of(call), call.get("acceptedMediaTypes") or ()
    reply: dict[str, list[Any]] = {"images": [], "failures": []}
    for identity in _identities(call):
        image = find_image(repository, identity) if identity else None
        if image is None:
            reply["failures"].append(_failure(repository, identity))
            continue
        image.__dict__["rehearsal_pulled"] = moment()
        shown = _acceptable(repository, image, accepted)
        named = {"imageDigest": shown.image_digest} | ({"imageTag": identity["imageTag"]} if "imageTag" in identity else {})
        reply["images"].append(_image(call, shown, named))
    return reply


def _acceptable(repository: Any, image: Any, accepted: Any) -> Any:
    if not accepted or image.image_manifest_media_type in accepted:
        return image
    if image.image_manifest_media_type in INDEXES:
        for child in json.loads(image.image_manifest)["manifests"]:
            platform = child.get("platform") or {}
            found = find_image(repository, {"imageDigest": child["digest"]})
            if found is not None and (platform.get("os"), platform.get("architecture")) == ("linux", "amd64"):
                return found
    raise invalid("acceptedMediaTypes", f"The image has the media type {image.image_manifest_media_type}, which is not accepted")


def _identities(call: Call) -> list[dict[str, str]]:
    found: list[dict[str, str]] = call.get("imageIds") or []
    if not 1 <= len(found) <= LARGEST_BATCH:
        raise invalid("imageIds", f"Member must have length between 1 and {LARGEST_BATCH}")
    return found


def _failure(repository: Any, identity: Mapping[str, str]) -> dict[str, Any]:
    if not identity:
        code, why = "MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null"
    elif len(identity) > 1 and any(find_image(repository, {key: value}) for key, value in identity.items()):
        code, why = "ImageTagDoesNotMatchDigest", "Requested image tag does not match the digest"
    else:
        code, why = "ImageNotFound", "Requested image not found"
    return {"imageId": dict(identity), "failureCode": code, "failureReason": why}


def _image(call: Call, image: Any, identity: Mapping[str, str]) -> dict[str, Any]:
    return {
        "registryId": call.account_id,
        "repositoryName": image.repository_name,
        "imageId": dict(identity),
        "imageManifest": image.image_manifest,
        "imageManifestMediaType": image.image_manifest_media_type,
    }


@answers("ecr", "DescribeImages")
def describe(call: Call) -> dict[str, Any]:
    repository = repository_of(call)
    wanted = call.get("imageIds")
    if wanted is None:
        found = _filtered(call, repository.images)
    else:
        found = []
        for identity in _identities(call):
            image = find_image(repository, identity)
            if image is None:
                shown = ", ".join(f"{key}:'{identity.get(key, 'null')}'" for key in ("imageDigest", "imageTag"))
                text = (
                    f"The image with imageId {{{shown}}} does not exist within the repository with name '{repository.name}' in the "
                    f"registry with id '{call.account_id}'"
                )
                raise Refusal("ImageNotFoundException", text)
            if image not in found:
                found.append(image)
    return page(call, "imageDetails", [_detail(call, one) for one in found])


def _filtered(call: Call, images: list[Any]) -> list[Any]:
    status = (call.get("filter") or {}).get("tagStatus", "ANY")
    return [one for one in images if status == "ANY" or bool(one.image_tags) == (status == "TAGGED")]


def _detail(call: Call, image: Any) -> dict[str, Any]:
    """Members without a value are absent, as on AWS."""
    manifest = json.loads(image.image_manifest)
    parts = [*manifest.get("layers", ()), manifest.get("config") or {}]
    members = {
        "registryId": call.account_id,
        "repositoryName": image.repository_name,
        "imageDigest": image.image_digest,
        "imageTags": list(image.image_tags) or None,
        "imageSizeInBytes": sum(int(one.get("size", 0)) for one in parts) if "manifests" not in manifest else None,
        "imagePushedAt": image.image_pushed_at,
        "imageManifestMediaType": image.image_manifest_media_type,
        "artifactMediaType": (manifest.get("config") or {}).get("mediaType"),
        "lastRecordedPullTime": image.__dict__.get("rehearsal_pulled"),
        "imageStatus": "ACTIVE",
    }
    return {name: value for name, value in members.items() if value is not None}


@answers("ecr", "ListImages")
def list_images(call: Call) -> dict[str, Any]:
    identities = [
        {"imageDigest": one.image_digest} | ({"imageTag": tag} if tag else {})
        for one in _filtered(call, repository_of(call).images)
        for tag in one.image_tags or [None]
    ]
    return page(call, "imageIds", identities)


# --- deleting ---


@answers("ecr", "BatchDeleteImage")
def batch_delete(call: Call) -> dict[str, Any]:
    """A tag alone removes the tag, and the image with its last one; a digest removes the image. An index's children cannot go first."""
    repository = repository_of(call)
    reply: dict[str, list[Any]] = {"imageIds": [], "failures": []}
    wanted = _identities(call)
    leaving = {one.get("imageDigest") for one in wanted}
    for identity in wanted:
        image = find_image(repository, identity) if identity else None
        if image is None:
            reply["failures"].append(_failure(repository, identity))
        elif "imageDigest" not in identity and len(image.image_tags) > 1:
            image.remove_tag(identity["imageTag"])
            reply["imageIds"].append({"imageDigest": image.image_digest, "imageTag": identity["imageTag"]})
        elif users := [one.image_digest for one in _users(repository, image) if one.image_digest not in leaving]:
            why = f"Requested image referenced by manifest list: {users}"
            reply["failures"].append({"imageId": dict(identity), "failureCode": "ImageReferencedByManifestList", "failureReason": why})
        else:
            reply["imageIds"] += [
                {"imageDigest": image.image_digest} | ({"imageTag": tag} if tag else {}) for tag in image.image_tags or [None]
            ]
            repository.images.remove(image)
    return reply


def _users(repository: Any, image: Any) -> list[Any]:
    if image.image_digest not in referenced(repository):
        return []
    return [one for one in repository.images if image.image_digest in children(one)]
