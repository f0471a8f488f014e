"""The browser without a browser: how it is started, what is read from it, and what people are told if it fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rehearsal.browser import package, visit
from rehearsal.browser.visit import BrowserError, Visit
from scripts import browse

WANTED = Visit("https://www.example.com/", Path("shop.png"), seconds=5)
SHOWN = {
    "url": WANTED.url,
    "title": "Shop",
    "text": "Orders\n 3",
    "html": "<html></html>",
    "replies": [[WANTED.url, 200], ["https://www.example.com/main.js", 404]],
    "console": ["main.js:1: no"],
    "outcome": "ready",
    "picture": True,
}


def test_what_a_page_shows_is_read_from_the_last_line() -> None:
    seen = visit.sight_of(WANTED, f"noise\n{json.dumps(SHOWN)}\n", "")
    assert (seen.title, seen.replies["https://www.example.com/main.js"]) == ("Shop", 404)
    assert seen.summary.splitlines() == [
        "    200 https://www.example.com/",
        "    404 https://www.example.com/main.js",
        "    console: main.js:1: no",
    ]


@pytest.mark.parametrize(
    ("output", "errors", "said"),
    [
        ("", "Fatal", "the browser ended without opening the page:\n    Fatal"),
        ("noise", "libnss3.so: cannot open shared object file", r"a library of the system \(Debian and Ubuntu: apt-get install lib"),
        (json.dumps({**SHOWN, "outcome": "unreachable"}), "", "https://www.example.com/ cannot be reached. It shows"),
        (json.dumps({**SHOWN, "outcome": "late"}), "", 'was not ready within 5 s .*It shows "Orders 3"; the picture is shop.png'),
        (json.dumps({**SHOWN, "picture": False}), "", "cannot be written to shop.png"),
    ],
)
def test_what_people_are_told(output: str, errors: str, said: str) -> None:
    with pytest.raises(BrowserError, match=said):
        visit.sight_of(WANTED, output, errors)


def test_settings_of_other_browsers_and_proxies_do_not_reach_it() -> None:
    given = {"PATH": "/bin", "HTTPS_PROXY": "http://elsewhere", "no_proxy": "*", "QTWEBENGINE_REMOTE_DEBUGGING": "1", "PYTHONHOME": "/x"}
    found = visit.environment(given, Path("/packages"), Path("/home"), sandbox=True)
    assert not {"HTTPS_PROXY", "no_proxy", "QTWEBENGINE_REMOTE_DEBUGGING", "PYTHONHOME", "QTWEBENGINE_DISABLE_SANDBOX"} & set(found)
    assert (found["PATH"], found["PYTHONPATH"], found["HOME"]) == ("/bin", "/packages", "/home")
    assert visit.environment({}, Path("/packages"), Path("/home"), sandbox=False)["QTWEBENGINE_DISABLE_SANDBOX"] == "1"


def _refuse(_requirements: Path, _target: Path) -> str:
    return "No matching distribution"


def _nothing(_requirements: Path, target: Path) -> str:
    target.mkdir()
    return ""


@pytest.mark.parametrize(
    ("installs", "said"),
    [(_refuse, "requirements.txt cannot be installed:\nNo matching"), (_nothing, "No module named 'PyQt6'")],
)
def test_a_browser_that_is_missing_is_an_error(
    installs: Callable[..., str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(package, "REPOSITORY", tmp_path)
    monkeypatch.setattr(package, "install_packages", installs)
    told: list[str] = []
    with pytest.raises(BrowserError, match=said):
        visit.visit(Visit(WANTED.url, tmp_path / "shop.png"), told.append)
    assert "once (about 550 MB)" in told[0]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.example.com/", "www.example.com.png"),
        ("https://www.example.com/deep/link?x=1#y", "www.example.com-deep-link.png"),
        ("https://www.example.com/../../x", "www.example.com-..-..-x.png"),
    ],
)
def test_a_picture_is_named_after_its_page(url: str, name: str) -> None:
    assert browse.picture_name(url) == name


def test_what_browse_refuses(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    found: dict[str, Any] = {"prod": None}
    monkeypatch.setattr(browse.launcher, "find", found.get)
    assert browse.main(["prod"]) == 1
    assert "no rehearsal cloud of prod is running; make rehearse ENV=prod starts it" in capsys.readouterr().err
