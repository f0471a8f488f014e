"""Open a page of a rehearsed environment in a real browser and keep a picture of it: python -m scripts.browse prod https://www.example.com/

Without a URL: the first page of each of its distributions."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

from rehearsal import launcher
from rehearsal.browser.visit import LOADED, BrowserError, Visit, visit
from scripts.edges import edges
from scripts.terminal import ROOT, Problem, fail, say, say_line


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.browse", description=__doc__)
    parser.add_argument("environment", help="the name of a running rehearsal cloud, such as that of an inventory")
    parser.add_argument("urls", nargs="*", metavar="url", help="a page of a distribution or of a load balancer")
    parser.add_argument("--ready", default=LOADED, help="JavaScript that is true once the page shows what it is to show")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long a page may take until then")
    options = parser.parse_args(arguments)
    try:
        browse(options.environment, options.urls, options.ready, options.seconds)
    except (Problem, BrowserError, launcher.LauncherError) as error:
        fail(str(error))
        return 1
    return 0


def browse(environment: str, urls: Sequence[str], ready: str, seconds: float) -> None:
    cloud = launcher.find(environment)
    if cloud is None:
        raise Problem(f"no rehearsal cloud of {environment} is running; make rehearse ENV={environment} starts it")
    given = launcher.environment(cloud)
    pages = list(urls) or [f"https://{edge.name}/" for edge in edges(cloud)]
    if not pages:
        raise Problem(f"{environment} has no distribution; name a URL")
    for url in pages:
        picture = ROOT / ".rehearsal" / environment / "pages" / picture_name(url)
        seen = visit(Visit(url, picture, given["MAINSTAY_REHEARSAL_PROXY"], given["MAINSTAY_REHEARSAL_CA"], ready, seconds))
        say(f"{url}: {seen.title or 'no title'}")
        text = [line for line in seen.text.splitlines() if line.strip()]
        for line in [*text[:5], *seen.summary.splitlines()]:
            say_line(line.strip())
        say_line(f"picture: {picture.relative_to(ROOT)}")


def picture_name(url: str) -> str:
    """www.example.com-deep-link.png"""
    parts = urlsplit(url)
    return "-".join([str(parts.hostname), *filter(None, parts.path.split("/"))]) + ".png"


if __name__ == "__main__":
    sys.exit(main())
