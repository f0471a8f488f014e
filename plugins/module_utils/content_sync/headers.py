# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The headers that an object is served with: content type and Cache-Control, from the file's name alone.

Python's mimetypes reads the tables of the machine that it runs on, so that two controllers would upload the same file with different types.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

UNKNOWN_TYPE = "application/octet-stream"
UTF_8 = "; charset=utf-8"

CONTENT_TYPES: Mapping[str, str] = {
    "7z": "application/x-7z-compressed",
    "aac": "audio/aac",
    "apng": "image/apng",
    "atom": f"application/atom+xml{UTF_8}",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "br": UNKNOWN_TYPE,
    "cjs": f"text/javascript{UTF_8}",
    "css": f"text/css{UTF_8}",
    "csv": f"text/csv{UTF_8}",
    "eot": "application/vnd.ms-fontobject",
    "epub": "application/epub+zip",
    "flac": "audio/flac",
    "geojson": "application/geo+json",
    "gif": "image/gif",
    "glb": "model/gltf-binary",
    "gltf": "model/gltf+json",
    "gz": "application/gzip",
    "htm": f"text/html{UTF_8}",
    "html": f"text/html{UTF_8}",
    "ico": "image/vnd.microsoft.icon",
    "ics": f"text/calendar{UTF_8}",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "js": f"text/javascript{UTF_8}",
    "json": "application/json",
    "json5": "application/json5",
    "jsonld": "application/ld+json",
    "m4a": "audio/mp4",
    "m4v": "video/mp4",
    "map": "application/json",
    "markdown": f"text/markdown{UTF_8}",
    "md": f"text/markdown{UTF_8}",
    "mjs": f"text/javascript{UTF_8}",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "ogv": "video/ogg",
    "opus": "audio/ogg",
    "otf": "font/otf",
    "pdf": "application/pdf",
    "png": "image/png",
    "rss": f"application/rss+xml{UTF_8}",
    "svg": f"image/svg+xml{UTF_8}",
    "tar": "application/x-tar",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "ttc": "font/collection",
    "ttf": "font/ttf",
    "txt": f"text/plain{UTF_8}",
    "usdz": "model/vnd.usdz+zip",
    "vtt": f"text/vtt{UTF_8}",
    "wasm": "application/wasm",
    "wav": "audio/wav",
    "weba": "audio/webm",
    "webm": "video/webm",
    "webmanifest": "application/manifest+json",
    "webp": "image/webp",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "xhtml": f"application/xhtml+xml{UTF_8}",
    "xml": f"application/xml{UTF_8}",
    "yaml": f"application/yaml{UTF_8}",
    "yml": f"application/yaml{UTF_8}",
    "zip": "application/zip",
}
"""By extension, in lower case. The types are those that IANA registers. Browsers start modules with no others."""

NAMED: Mapping[str, str] = {
    "apple-app-site-association": "application/json",
    "CNAME": f"text/plain{UTF_8}",
    "LICENSE": f"text/plain{UTF_8}",
}
"""Files without an extension."""

DOCUMENTS = ("*.html", "*.htm", "*.webmanifest", "service-worker.js", "sw.js", "*/service-worker.js", "*/sw.js", "asset-manifest.json")
"""Files that browsers ask for by a name that does not change with the content, and that lead to all others."""

REVALIDATED = "no-cache"
FOREVER = "public, max-age=31536000, immutable"
AN_HOUR = "public, max-age=3600"

HEXADECIMAL = re.compile(r"[.-](?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{8,64}\.")
"""The hash that bundlers put into the name of a file: main.3f2a91bc.js.

Only hexadecimal hashes are recognized: eight letters of base64, as Vite writes them, may just as well be a word."""


@dataclass(frozen=True)
class Rules:
    """What a user chose. ``cache_control``: pattern of names -> header, the first that matches counts. ``content_types``: by extension."""

    cache_control: Mapping[str, str]
    content_types: Mapping[str, str]
    documents: Sequence[str] = DOCUMENTS


def content_type(name: str, rules: Rules) -> str:
    base = name.rpartition("/")[2]
    extension = base.rpartition(".")[2].lower() if "." in base.lstrip(".") else ""
    return rules.content_types.get(extension) or NAMED.get(base) or CONTENT_TYPES.get(extension) or UNKNOWN_TYPE


def cache_control(name: str, rules: Rules) -> str:
    """The first pattern of the user's that matches, or else: documents are revalidated, names with a hash are kept for ever."""
    for pattern, header in rules.cache_control.items():
        if fnmatchcase(name, pattern):
            return header
    if is_document(name, rules):
        return REVALIDATED
    return FOREVER if has_hash(name) else AN_HOUR


def is_document(name: str, rules: Rules) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in rules.documents)


def has_hash(name: str) -> bool:
    """Whether a name contains a hash of the content. A hash that is not recognized only costs requests; the reverse would be a bug."""
    return bool(HEXADECIMAL.search(name))
