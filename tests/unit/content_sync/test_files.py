# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which files are uploaded, what is refused, and with which headers and paths."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.mainstay.aws.plugins.module_utils.content_sync import files
from ansible_collections.mainstay.aws.plugins.module_utils.content_sync.headers import Rules, cache_control, content_type
from ansible_collections.mainstay.aws.plugins.module_utils.content_sync.invalidation import MOST_PATHS, paths_of, reference_of
from ansible_collections.mainstay.aws.plugins.module_utils.content_sync.options import Wish, argument_spec, wish_of
from ansible_collections.mainstay.aws.plugins.modules import s3_content
from tests.unit.documentation import documentable, options_with_fragments


@pytest.fixture
def site(tmp_path: Path) -> Path:
    built = tmp_path / "dist"
    (built / "assets").mkdir(parents=True)
    for name in ("index.html", "assets/main.js"):
        (built / name).write_text(name)
    return built


def wish(site: Path, **options: Any) -> tuple[Wish, list[str]]:
    given = {"bucket": "prod-web", "directory": str(site), "environment": "prod", "component": "web", **options}
    checked = ArgumentSpecValidator(argument_spec()).validate(given)
    assert not checked.error_messages, checked.error_messages
    return wish_of(checked.validated_parameters)


def names(found: files.Found) -> list[str]:
    return [one.name for one in found.files]


def test_hidden_and_excluded_files_stay_where_they_are(site: Path) -> None:
    for name in (
        ".env",
        ".git/config",
        "assets/.DS_Store",
        ".well-known/security.txt",
        ".well-known/.secret",
        ".mainstay/content.json",
        "assets/a.map",
    ):
        path = site / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    found = wish(site, exclude=["*.map"])[0].found
    assert names(found) == [".well-known/security.txt", "assets/main.js", "index.html"]
    assert set(found.hidden) == {".env", ".git/config", "assets/.DS_Store", ".well-known/.secret", ".mainstay/content.json"}


def test_a_link_inside_the_directory_is_followed(site: Path) -> None:
    (site / "latest").symlink_to("assets")
    (site / "copy.js").symlink_to("assets/main.js")
    assert names(wish(site)[0].found) == ["assets/main.js", "copy.js", "index.html", "latest/main.js"]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("/etc/hosts", "is a symbolic link to /etc/hosts, outside of the directory"),
        ("../../secret", "which does not exist"),
        ("..", "outside of the directory"),
        (".", "a folder that contains the link"),
    ],
)
def test_links_that_leave_the_directory_are_refused(site: Path, target: str, said: str) -> None:
    (site / "link").symlink_to(target)
    assert said in "\n".join(wish(site)[1])
    assert wish(site, exclude=["link"])[1] == []


def test_a_link_to_a_neighbor_with_the_same_beginning_is_refused(site: Path) -> None:
    (site.parent / "dist-old").mkdir()
    (site / "old").symlink_to(site.parent / "dist-old")
    assert "outside of the directory" in wish(site)[1][0]


def test_what_is_no_file_is_refused(site: Path) -> None:
    os.mkfifo(site / "pipe")
    (site / "a\nb").write_text("x")
    assert [one.partition(";")[0] for one in wish(site)[1]] == [
        "'a\\nb' has a control character in its name",
        "pipe is neither a file nor a folder, but a named pipe",
    ]


def test_a_file_that_is_too_large_is_refused(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST", 12)
    assert wish(site)[1] == [
        "assets/main.js has 14 bytes, but files of a site may have up to 12; upload it in another way, and exclude it here"
    ]


def test_a_key_that_is_too_long_is_refused(site: Path) -> None:
    assert "has a key of" in wish(site, prefix="/".join(["x" * 200] * 6))[1][0]


@pytest.mark.parametrize(
    ("remove", "said"),
    [
        (("index.html", "assets/main.js"), "has no files to upload; nothing was uploaded or deleted"),
        (("index.html",), "has no index.html, which the option index names"),
    ],
)
def test_an_empty_or_incomplete_build_is_refused(site: Path, remove: tuple[str, ...], said: str) -> None:
    for name in remove:
        (site / name).unlink()
    assert said in wish(site)[1][0]


def test_a_directory_that_is_not_there(site: Path) -> None:
    assert "build the site first" in wish(site / "none")[1][0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"bucket": "Prod_Web"}, "bucket is 'Prod_Web', but must be the name of a bucket"),
        ({"distribution": "d111111abcdef8.cloudfront.net"}, "not a domain name or ARN"),
        ({"index": "/index.html"}, "index is '/index.html'"),
        ({"prefix": "a/../b"}, "prefix is 'a/../b'"),
        ({"keep_days": -1}, "keep_days is -1"),
        ({"keep_releases": 0}, "keep_releases is 0"),
        ({"invalidation_timeout": 0}, "invalidation_timeout is 0"),
        ({"cache_control": {"*": "no-cache\r\nX: y"}}, "cache_control.* is"),
        ({"cache_control": {"*": 60}}, "must be the value of a header"),
        ({"content_types": {"js": ""}}, "content_types.js is ''"),
    ],
)
def test_options_are_refused_in_one_sentence(site: Path, options: dict[str, Any], said: str) -> None:
    problems = wish(site, **options)[1]
    assert said in "\n".join(problems)


@pytest.mark.parametrize("options", [{"bucket": "(known after apply)"}, {"distribution": "(known after apply)"}])
def test_what_a_plan_does_not_know_yet_is_accepted(site: Path, options: dict[str, Any]) -> None:
    assert wish(site, **options)[1] == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.js", "text/javascript; charset=utf-8"),
        ("a.MJS", "text/javascript; charset=utf-8"),
        ("x/a.wasm", "application/wasm"),
        ("a.woff2", "font/woff2"),
        ("a.svg", "image/svg+xml; charset=utf-8"),
        ("site.webmanifest", "application/manifest+json"),
        (".well-known/apple-app-site-association", "application/json"),
        ("a.geo", "application/geo+json"),
        ("js", "application/octet-stream"),
        ("a.js.unknown", "application/octet-stream"),
    ],
)
def test_content_types(name: str, expected: str) -> None:
    assert content_type(name, Rules({}, {"geo": "application/geo+json"})) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("index.html", "no-cache"),
        ("docs/a.html", "no-cache"),
        ("sw.js", "no-cache"),
        ("static/service-worker.js", "no-cache"),
        ("main.3f2a91bc.js", "public, max-age=31536000, immutable"),
        ("static/media/logo-3f2a91bc44aa0011.png", "public, max-age=31536000, immutable"),
        ("report-20241010.pdf", "public, max-age=3600"),
        ("deadbeef.js", "public, max-age=3600"),
        ("a.deadbeef.js", "public, max-age=3600"),
        ("assets/Chart-LineView.js", "public, max-age=3600"),
        ("fonts/a.woff2", "private"),
    ],
)
def test_cache_control(name: str, expected: str) -> None:
    assert cache_control(name, Rules({"fonts/*": "private", "*.woff2": "no-store"}, {})) == expected


@pytest.mark.parametrize(
    ("changed", "path", "expected"),
    [
        (["a.js"], "/", ("/a.js",)),
        (["index.html"], "/", ("/index.html", "/")),
        (["docs/index.html"], "/app/", ("/app/docs/index.html", "/app/docs/")),
        (["a b~é*.js"], "/", ("/a%20b%7E%C3%A9%2A.js",)),
        ([f"{number}.js" for number in range(MOST_PATHS + 1)], "/app/", ("/app/*",)),
        ([], "/", ()),
    ],
)
def test_paths_of_an_invalidation(changed: list[str], path: str, expected: tuple[str, ...]) -> None:
    assert paths_of(changed, "index.html", path) == expected


@pytest.mark.parametrize(
    ("options", "path"),
    [({}, "/"), ({"prefix": "/app/"}, "/app/"), ({"prefix": "app", "distribution_path": "/"}, "/"), ({"distribution_path": "x"}, "/x/")],
)
def test_where_the_distribution_serves_the_files(site: Path, options: dict[str, Any], path: str) -> None:
    assert wish(site, **options)[0].path == path


def test_a_later_upload_is_never_taken_for_an_earlier_one() -> None:
    """CloudFront would answer with the earlier invalidation, and go on serving what is outdated."""
    first = reference_of(["/"], "record", {"index.html": "1"})
    assert first == reference_of(["/"], "record", {"index.html": "1"})
    assert len({first, reference_of(["/"], "record", {"index.html": "2"}), reference_of(["/"], "other", {"index.html": "1"})}) == 3


def test_documentation_and_options_agree() -> None:
    assert options_with_fragments(s3_content.DOCUMENTATION) == documentable(argument_spec())


def test_examples_have_valid_options(site: Path) -> None:
    for task in yaml.safe_load(s3_content.EXAMPLES):
        given = {name: value for name, value in task["mainstay.aws.s3_content"].items() if name != "region"}
        assert wish(site, **{**given, "directory": str(site)})[1] == []
