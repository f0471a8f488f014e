# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A thin layer: receives Ansible's events, passes plain data to module_utils/summary, and prints and writes what it returns."""

from __future__ import annotations

DOCUMENTATION = r"""
name: plan_summary
type: aggregate
short_description: Summarize what a run planned or did, resource by resource
version_added: 0.1.0
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
description:
  - Prints, after the play recap, one summary of what the modules of this collection plan (in check mode) or did (otherwise). It shows where
    the run took place, what happens to each resource and why, the differences property by property, what needs consent, what failed, what
    remains, and the totals in the last line.
  - Works with any stdout callback. It collects every task result that has a C(plan) of format 1, including those of failed tasks, loops,
    and the V(ansible.builtin.free) strategy. For a run without such results, it prints nothing.
  - Also lists changed tasks of other modules, tasks that check mode skipped because their module does not support it, tasks that failed
    without a plan, and results hidden by C(no_log), so that an incomplete plan cannot be mistaken for a complete one.
  - Writes the file of a saved plan (option O(mainstay.aws.vpc_network#module:save_plan) of the modules) at the end of the run, unless a
    host failed.
  - Never changes the exit status of the run. If this plugin fails, it prints one warning.
  - With a stdout callback that prints JSON, such as P(ansible.posix.json#callback), the summary goes to stderr.
  - Sensitive values are neither printed nor written.
requirements:
  - enabling in configuration, C(callbacks_enabled = mainstay.aws.plan_summary)
options:
  detail:
    description:
      - How much to show of each resource.
    type: str
    default: auto
    choices:
      auto: V(full) for a plan in check mode, V(brief) for an apply.
      full: Every property that is added, removed, or changed.
      brief: One line for each changed resource.
    env:
      - name: MAINSTAY_PLAN_SUMMARY_DETAIL
    ini:
      - section: callback_plan_summary
        key: detail
  width:
    description:
      - Number of columns to use. V(0) uses the width of the terminal, or 120 if the output is not a terminal.
    type: int
    default: 0
    env:
      - name: MAINSTAY_PLAN_SUMMARY_WIDTH
    ini:
      - section: callback_plan_summary
        key: width
  json_path:
    description:
      - File to write the summary to, as JSON. Directories are created, and the file is replaced atomically. If empty, nothing is written.
      - It is written for every run, including runs without plans, and always in full detail.
      - Its format is stable within a C(schema_version), currently 1. C(check_mode) is true, false, or null if the run had both.
        C(result) is C(no_changes), C(changes), C(held_back), C(blocked), or C(failed). C(exit_code) is the exit code of a program that
        makes plans, 0 if an apply would do nothing, 1 if the plan is incomplete, 2 if an apply would change something, 3 if it would
        refuse. C(totals.plan), C(totals.run), and C(totals.blocked) count C(create), C(update), C(replace), C(delete), C(unchanged),
        C(failed), C(not_started), C(held_back), C(blocked), and C(deferred). C(components) lists host, component, target, times, API calls,
        counts, actions with their changes, errors, and whether an apply would change nothing in it (C(blocked)). C(consent) is null, or has
        the variables and the command that allow what is held back. C(other_changed_tasks), C(skipped_without_check_mode), C(hidden_tasks),
        and C(failed_tasks) list host, task, count, check_mode, detail, and rescued.
    type: path
    env:
      - name: MAINSTAY_PLAN_SUMMARY_JSON_PATH
    ini:
      - section: callback_plan_summary
        key: json_path
  markdown_path:
    description:
      - File to write the summary to, as Markdown for a pull request comment, with a collapsible section for each component. If empty,
        nothing is written.
      - Properties are omitted if the text would exceed the size limit of such a comment.
    type: path
    env:
      - name: MAINSTAY_PLAN_SUMMARY_MARKDOWN_PATH
    ini:
      - section: callback_plan_summary
        key: markdown_path
seealso:
  - plugin: ansible.posix.profile_tasks
    plugin_type: callback
"""

EXAMPLES = r"""
ansible.cfg: |
  [defaults]
  callbacks_enabled = mainstay.aws.plan_summary

  [callback_plan_summary]
  json_path = artifacts/plan.json
  markdown_path = artifacts/plan.md

environment: |
  ANSIBLE_CALLBACKS_ENABLED=mainstay.aws.plan_summary MAINSTAY_PLAN_SUMMARY_DETAIL=brief \
    ansible-playbook site.yml -i inventories/prod --check
"""

import functools
import os
import sys
import time
from collections.abc import Callable, Collection
from typing import Any

from ansible import constants
from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import action_loader, filter_loader, test_loader
from ansible.utils import color

from ansible_collections.mainstay.aws.plugins.module_utils.controller.compiled import quick_imports

with quick_imports():
    from ansible_collections.mainstay.aws.plugins.module_utils.controller.output import prints_json
    from ansible_collections.mainstay.aws.plugins.module_utils.controller.supervision import Reports, Supervision
    from ansible_collections.mainstay.aws.plugins.module_utils.domains.registry import checks_of, order_of_kinds
    from ansible_collections.mainstay.aws.plugins.module_utils.summary.collect import Collector, Outcome, TaskInfo
    from ansible_collections.mainstay.aws.plugins.module_utils.summary.export import as_json
    from ansible_collections.mainstay.aws.plugins.module_utils.summary.files import write_atomically
    from ansible_collections.mainstay.aws.plugins.module_utils.summary.markdown import as_markdown
    from ansible_collections.mainstay.aws.plugins.module_utils.summary.model import INTERRUPTED, Report
    from ansible_collections.mainstay.aws.plugins.module_utils.summary.report import render
    from ansible_collections.mainstay.aws.plugins.module_utils.summary.started import started_here
    from ansible_collections.mainstay.aws.plugins.module_utils.summary.text import Line

WIDTH_WITHOUT_TERMINAL = 120
WIDEST = 200
GRAY = "gray12"
USED_BY_WORKERS = (
    (filter_loader, "ansible.builtin.default"),
    (filter_loader, "mainstay.aws.components"),
    (test_loader, "ansible.builtin.defined"),
    (action_loader, "mainstay.aws.in_worker"),
)
"""Plugins that every worker would otherwise load again. Loading a filter or a test loads all of its collection."""


def guarded(method: Callable[..., None]) -> Callable[..., None]:
    """Turn an error in the summary into a single warning; the run continues."""

    @functools.wraps(method)
    def wrapper(self: CallbackModule, *args: Any, **kwargs: Any) -> None:
        try:
            method(self, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - nothing that goes wrong here may touch the run
            self.complain(f"plan_summary: the summary is incomplete, {method.__name__} failed: {type(error).__name__}: {error}")

    return wrapper


class CallbackModule(CallbackBase):
    """Collects plans during the run and prints them at its end."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "mainstay.aws.plan_summary"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._collector = Collector(order_of_kinds())
        self._began = time.monotonic()
        self._started: dict[tuple[str, str], float] = {}
        self._items: dict[tuple[str, str], list[Outcome]] = {}
        self._complained = False
        self._supervision = Supervision(self._show_interruption, _load_plugins)

    def complain(self, text: str) -> None:
        """Print a warning, at most once per run."""
        if not self._complained:
            self._complained = True
            self._display.warning(text)

    @guarded
    def v2_playbook_on_start(self, playbook: Any) -> None:
        del playbook
        self._began = time.monotonic()

    @guarded
    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._supervision.prepare(play)

    @guarded
    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        self._started[host.get_name(), str(task._uuid)] = time.monotonic()

    @guarded
    def v2_runner_item_on_ok(self, result: Any) -> None:
        self._take_item(result)

    @guarded
    def v2_runner_item_on_skipped(self, result: Any) -> None:
        self._take_item(result)

    @guarded
    def v2_runner_item_on_failed(self, result: Any) -> None:
        self._take_item(result, failed=True)

    @guarded
    def v2_runner_on_ok(self, result: Any) -> None:
        self._take(result)

    @guarded
    def v2_runner_on_skipped(self, result: Any) -> None:
        self._take(result)

    @guarded
    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._take(result, failed=not ignore_errors)

    @guarded
    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._take(result, failed=not result.task.ignore_unreachable)

    @guarded
    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._supervision.finish()
        report = self._show(_healthy(stats))
        self._save_plans(_failed(stats) - report.complete_hosts)

    def _show_interruption(self, reports: Reports) -> None:
        """After an interruption there are no stats, and Ansible passes on no results of interrupted modules."""
        self._save_plans(frozenset(), interrupted=True)
        if reports:
            self._show_reports(reports)

    @guarded
    def _show_reports(self, reports: Reports) -> None:
        for host, result in reports:
            info = TaskInfo(host=host, name="interrupted", module=INTERRUPTED, check_mode=False, scope="interrupted")
            self._collector.add(info, Outcome(result, failed=True, changed=bool(result.get("changed")), skipped=False), ())
        self._show(frozenset())

    def _show(self, healthy: frozenset[str]) -> Report:
        report = self._collector.report(time.monotonic() - self._began, healthy, started_here(sys.argv, os.environ))
        if report.components or self._collector.has_own:
            self._print(render(report, self._width(), self.get_option("detail")))
        self._write("json_path", as_json, report)
        self._write("markdown_path", functools.partial(as_markdown, detail=self.get_option("detail")), report)
        return report

    @guarded
    def _save_plans(self, failed: frozenset[str], interrupted: bool = False) -> None:
        for text, wrong in self._supervision.save_plans(failed, interrupted):
            if wrong:
                self._display.error(text, wrap_text=False)
            else:
                self._display.display(text, stderr=prints_json(constants.DEFAULT_STDOUT_CALLBACK))

    def _take_item(self, result: Any, failed: bool = False) -> None:
        """Hold loop items until their task's result arrives, which says whether a failure counts."""
        key = result.host.get_name(), str(result.task._uuid)
        self._items.setdefault(key, []).append(_outcome(result, failed))

    def _take(self, result: Any, failed: bool = False) -> None:
        task, host = result.task, result.host.get_name()
        began = self._started.pop((host, str(task._uuid)), None)
        role = task._role.get_name() if task._role else None
        info = TaskInfo(
            host=host,
            name=task.get_name(),
            module=str(task.resolved_action or task.action),
            check_mode=bool(task.check_mode),
            scope=f"role {role}" if role else str(task._uuid),
        )
        if began is not None:
            self._collector.spend(info, time.monotonic() - began)
        self._collector.add(info, _outcome(result, failed), self._items.pop((host, str(task._uuid)), ()))

    def _width(self) -> int:
        wanted = int(self.get_option("width") or 0)
        if wanted > 0:
            return wanted
        return min(self._display.columns, WIDEST) if os.isatty(1) else WIDTH_WITHOUT_TERMINAL

    def _print(self, lines: list[Line]) -> None:
        """Write once to the screen and once to the log, so that the log has no colors and an automation controller receives the summary as
        one event. With a stdout callback that prints JSON, write to stderr.
        """
        apart = prints_json(constants.DEFAULT_STDOUT_CALLBACK)
        self._display.display("\n".join(["", *(_painted(one) for one in lines)]), screen_only=True, stderr=apart)
        self._display.display("\n".join(one.text for one in lines), log_only=True)

    def _write(self, option: str, convert: Callable[[Report], str], report: Report) -> None:
        path = self.get_option(option)
        if not path:
            return
        try:
            write_atomically(path, convert(report))
        except OSError as error:
            self._display.error(f"plan_summary: cannot write {option} {path}: {error.strerror or error}", wrap_text=False)


def _load_plugins(groups: Collection[str]) -> None:
    """Load the plugins that workers use, and the checks of the roles that these groups are named after."""
    for loader, name in USED_BY_WORKERS:
        loader.get(name, class_only=True)
    for group in groups:
        checks_of(group)


def _outcome(result: Any, failed: bool) -> Outcome:
    return Outcome(result.result, failed=failed, changed=bool(result.is_changed()), skipped=bool(result.is_skipped()))


def _healthy(stats: Any) -> frozenset[str]:
    """Hosts with no remaining failures: whatever failed on them was rescued."""
    return frozenset(host for host in stats.processed if not stats.failures.get(host) and not stats.dark.get(host))


def _failed(stats: Any) -> frozenset[str]:
    return frozenset(stats.processed) - _healthy(stats)


def _painted(one: Line) -> str:
    text = "".join(_paint(part, style) for part, style in one.spans)
    return text if color.ANSIBLE_COLOR else text.rstrip()


def _paint(text: str, style: str) -> str:
    """Apply the user's own Ansible colors. Ansible has no setting for gray and bold; use them only where it uses colors at all."""
    if not style or not text.strip():
        return text
    if style == "bold":
        return f"\033[1m{text}\033[0m" if color.ANSIBLE_COLOR else text
    names = {
        "add": constants.COLOR_DIFF_ADD,
        "remove": constants.COLOR_DIFF_REMOVE,
        "change": constants.COLOR_CHANGED,
        "replace": constants.COLOR_WARN,
        "error": constants.COLOR_ERROR,
        "warn": constants.COLOR_WARN,
        "ok": constants.COLOR_OK,
        "dim": GRAY,
    }
    return color.stringc(text, names[style])
