"""Destroy an environment, or upgrade its clusters. Called by make destroy and make upgrade.

Both show what would happen, unless CONFIRM names the environment."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence

from rehearsal import launcher
from scripts.plan import place, target_variables
from scripts.playbook import interrupt, play
from scripts.terminal import Problem, announce, fail, say

WHAT = {
    "destroy": ("removes everything that the components of the inventory own, for good", "Removing everything of"),
    "upgrade": ("brings the clusters to the Kubernetes versions of the inventory", "Upgrading the clusters of"),
}


def operate(options: argparse.Namespace) -> int:
    """Run the playbook, in check mode unless the confirmation is the environment's name. Returns its exit code."""
    name, verb = options.environment, options.command
    what, doing = WHAT[verb]
    if options.confirm and options.confirm != name:
        raise Problem(f"CONFIRM is {options.confirm}, but ENV is {name}. make {verb} {what}; to do that, give both the same name.")
    words = ["make", verb, f"ENV={name}", *(["REHEARSAL=1"] if options.rehearsal else [])]
    for_real = bool(options.confirm)
    variables = target_variables(options, "apply" if for_real else "plan")
    variables |= announce([*words, *([f"CONFIRM={name}"] if for_real else [])], options.arguments)
    consent = ["--extra-vars", f"destroy={name}"] if verb == "destroy" and for_real else []
    arguments = [*([] if for_real else ["--check", "--diff"]), *consent, *options.arguments]
    say(f"{doing} {name} {place(options)}" if for_real else f"What make {verb} would do in {name} {place(options)}; nothing is changed")
    code = play(f"inventories/{name}", variables, arguments, playbook=f"playbooks/{verb}.yml")
    if not for_real and code == 0:
        say(f"make {verb} {what}. To do it: {' '.join([*words, f'CONFIRM={name}'])}")
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.operate", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (what, _doing) in WHAT.items():
        command = commands.add_parser(name, help=what)
        command.add_argument("environment", help="the name of a folder in inventories/")
        command.add_argument("arguments", nargs="*", help="for ansible-playbook, after --")
        command.add_argument("--confirm", default="", help="the name of the environment, to do it; otherwise it is only shown")
        command.add_argument("--rehearsal", action="store_true", help="on the running rehearsal cloud")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, interrupt)
    try:
        return operate(options)
    except (Problem, launcher.LauncherError) as error:
        fail(str(error))
        return 1
    except KeyboardInterrupt:
        fail("interrupted; run the same command to resume")
        return 130


if __name__ == "__main__":
    sys.exit(main())
