"""Plan an inventory; save, show, compare and apply plans. Called by make plan, make show and make apply.

``make`` ends with 0 if an apply would do nothing, 2 if it would change something, 3 if it would refuse, 1 if the plan is incomplete."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from rehearsal import launcher
from scripts.playbook import PLANNER, interrupt, play
from scripts.rehearse import inventory_path
from scripts.terminal import ROOT, Problem, announce, fail, isolated_environment, say, tool_environment, width

sys.path.insert(0, str(ROOT / "collections"))

from ansible_collections.mainstay.aws.plugins.module_utils.domains.registry import order_of_kinds
from ansible_collections.mainstay.aws.plugins.module_utils.saved_plans.plan_file import NotAPlan, PlanFile, read_plan_file
from ansible_collections.mainstay.aws.plugins.module_utils.saved_plans.show import as_report, differences, plan_markdown, plan_text
from ansible_collections.mainstay.aws.plugins.module_utils.summary.export import as_data

PLANNED = (0, 2, 3)
"""Exit codes of a complete plan."""


def target_variables(options: argparse.Namespace, role: str) -> dict[str, str]:
    """The environment for a run: with --rehearsal, the running cloud's; otherwise the caller's own."""
    inventory_path(options.environment)
    if not options.rehearsal:
        return tool_environment()
    cloud = launcher.find(options.environment)
    if cloud is None:
        raise Problem(
            f"the rehearsal cloud of {options.environment} is not running; start it with: make rehearse ENV={options.environment}"
        )
    return isolated_environment(launcher.environment(cloud, role))


def place(options: argparse.Namespace) -> str:
    return "on its rehearsal cloud" if options.rehearsal else "with the credentials of this shell"


def started_by(options: argparse.Namespace, out: str | None) -> dict[str, str]:
    """The make plan command that the summary suggests for allowing more. Applying a saved plan also needs a new plan for that."""
    words = {f"ENV={options.environment}": True, "REHEARSAL=1": options.rehearsal, f"OUT={out}": out}
    return announce(["make", "plan", *(word for word, wanted in words.items() if wanted)], options.arguments)


def make(options: argparse.Namespace) -> int:
    """Run in check mode. With --rehearsal against the running cloud, otherwise against the account of the caller's credentials."""
    variables = {**target_variables(options, "plan"), **started_by(options, options.out)}
    say(f"Plan of {options.environment} {place(options)}; nothing is changed")
    arguments = ["--check", "--diff", *options.arguments]
    if not options.out:
        return play(f"inventories/{options.environment}", variables, arguments, program=PLANNER)
    out = Path(options.out).absolute()
    before = written(out)
    arguments += ["--extra-vars", json.dumps({"platform_plan_out": str(out)})]
    code = play(f"inventories/{options.environment}", variables, arguments, program=PLANNER)
    if code in PLANNED and written(out) == before:
        raise Problem(f"no plan was saved in {out}: this run planned no component, or failed to plan one of them.")
    return code


def written(path: Path) -> tuple[int, int] | None:
    """Inode and modification time, which identify one version of a file; None if the file does not exist."""
    return (path.stat().st_ino, path.stat().st_mtime_ns) if path.exists() else None


def apply(options: argparse.Namespace) -> int:
    """Apply a saved plan exactly; on the rehearsal cloud, also without one."""
    if not options.plan:
        return apply_unplanned(options)
    path = Path(options.plan).absolute()
    if not path.is_file():
        raise Problem(f"there is no file {path}; make one with: make plan ENV={options.environment} OUT={options.plan}")
    variables = {**target_variables(options, "apply"), **started_by(options, options.plan)}
    say(f"Apply of {path} to {options.environment} {place(options)}")
    return play(
        f"inventories/{options.environment}", variables, ["--extra-vars", json.dumps({"platform_plan": str(path)}), *options.arguments]
    )


def apply_unplanned(options: argparse.Namespace) -> int:
    """Apply the inventory without a saved plan. Only on the rehearsal cloud: a real account gets only plans that a person has read."""
    name = options.environment
    if not options.rehearsal:
        inventory_path(name)
        raise Problem(
            f"make apply applies a saved plan, and none was given. Make one with: make plan ENV={name} OUT={name}.plan, read it, and apply "
            f"it with: make apply ENV={name} PLAN={name}.plan. To apply without a saved plan: ansible-playbook site.yml -i "
            f"inventories/{name}. On the rehearsal cloud, make apply ENV={name} REHEARSAL=1 needs none."
        )
    words = ["make", "apply", f"ENV={name}", "REHEARSAL=1"]
    variables = {**target_variables(options, "apply"), **announce(words, options.arguments)}
    say(f"Apply of {name} {place(options)}, without a saved plan")
    return play(f"inventories/{name}", variables, options.arguments)


def plan_to_show(given: str) -> str:
    """The file of a saved plan to show. If none is given, raises Problem that lists the existing plans."""
    if given:
        return given
    there = sorted(path.name for path in Path.cwd().glob("*.plan"))
    listed = f"There are: {', '.join(there)}" if there else "There is none in this folder; make one with: make plan ENV=prod OUT=prod.plan"
    raise Problem(f"make show shows a saved plan: make show PLAN={there[0] if there else 'prod.plan'}. {listed}.")


def show(book: PlanFile, form: str) -> str:
    kinds = order_of_kinds()
    if form == "markdown":
        return plan_markdown(book, kinds)
    if form == "json":
        head = {name: book[name] for name in ("made_at", "fingerprint")}
        return json.dumps({**head, **as_data(as_report(book, kinds))}, indent=2, ensure_ascii=False) + "\n"
    return plan_text(book, width(), kinds)


def diff(one: PlanFile, other: PlanFile) -> int:
    """Print the differences between two plans. Returns 1 if there are any, like diff(1)."""
    found = differences(one, other)
    print("\n".join(found) if found else "The plans make the same changes to the same resources.")
    return 1 if found else 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.plan", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, function in (("make", make), ("apply", apply)):
        command = commands.add_parser(name)
        command.set_defaults(function=function)
        command.add_argument("environment", help="the name of a folder in inventories/")
        command.add_argument("arguments", nargs="*", help="for ansible-playbook, after --")
        command.add_argument("--rehearsal", action="store_true", help="on the running rehearsal cloud")
        if name == "make":
            command.add_argument("--out", help="file to save the plan in")
        else:
            command.add_argument("--plan", default="", help="file with a saved plan; with --rehearsal, it may be left out")
    command = commands.add_parser("show", help="the plan as text, as Markdown for a pull request, or as JSON")
    command.add_argument("plan", nargs="?", default="")
    command.add_argument("--format", choices=("text", "markdown", "json"), default="text")
    command = commands.add_parser("diff", help="the differences between two plans; exit code 1 if there are any")
    command.add_argument("plan")
    command.add_argument("other")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, interrupt)
    try:
        if options.command in ("make", "apply"):
            return int(options.function(options))
        book = read_plan_file(plan_to_show(options.plan))
        if options.command == "diff":
            return diff(book, read_plan_file(options.other))
        print(show(book, options.format), end="")
    except (NotAPlan, Problem, launcher.LauncherError) as error:
        fail(str(error))
        return 1 if options.command in ("make", "apply") else 2
    except KeyboardInterrupt:
        fail("interrupted; run the same command again to finish an apply")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
