"""Shows and compares saved plans. Called by make show; make plan OUT=<file> makes them, make apply PLAN=<file> applies them."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence

from scripts.terminal import ROOT, fail

sys.path.insert(0, str(ROOT / "collections"))

from ansible_collections.mainstay.aws.plugins.module_utils.saved.book import Book, NotAPlan, read_book
from ansible_collections.mainstay.aws.plugins.module_utils.saved.show import as_report, differences, plan_markdown, plan_text
from ansible_collections.mainstay.aws.plugins.module_utils.summary.export import as_data

WIDEST = 200


def show(book: Book, form: str) -> str:
    if form == "markdown":
        return plan_markdown(book)
    if form == "json":
        head = {name: book[name] for name in ("made_at", "fingerprint")}
        return json.dumps({**head, **as_data(as_report(book))}, indent=2, ensure_ascii=False) + "\n"
    return plan_text(book, min(shutil.get_terminal_size((120, 24)).columns, WIDEST))


def diff(one: Book, other: Book) -> int:
    """Prints what separates two plans; 1 if anything does, as diff(1)."""
    found = differences(one, other)
    print("\n".join(found) if found else "The plans would do the same to the same.")
    return 1 if found else 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.plan", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("show", help="the plan as text, as Markdown for a pull request, or as JSON")
    command.add_argument("plan")
    command.add_argument("--format", choices=("text", "markdown", "json"), default="text")
    command = commands.add_parser("diff", help="what separates two plans; exit code 1 if anything does")
    command.add_argument("plan")
    command.add_argument("other")
    options = parser.parse_args(arguments)
    try:
        book = read_book(options.plan)
        if options.command == "diff":
            return diff(book, read_book(options.other))
        print(show(book, options.format), end="")
    except NotAPlan as error:
        fail(str(error))
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
