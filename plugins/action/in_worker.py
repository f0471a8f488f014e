# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How Ansible calls the modules of this collection: with options from the host's ``platform_*`` variables, and inside Ansible's worker
process when the target is the controller itself.

The variables supply the options that a task omits; see ``component/platform_variables.py``. Options that one expression computes together
come from ``__platform_options``, so that it is evaluated once. An invalid variable fails the task before the module runs, in either mode.
So does an invalid variable of a role: the first module call of a role sets ``__platform_check_role`` to the role's name; see
``component/role_checks.py``. If what the call requires has failed in this run (``__platform_requires``: the names of hosts by the variable
that their role registers), the module does not run at all.

Running in the worker changes only how the module is executed. It receives the same arguments as from the ordinary wrapper, and ansible-core
parses what it prints as usual, so core still handles masking, diff, check mode, warnings and failures. A call that cannot safely run here
runs as an ordinary module, which remains the reference behavior: see ``ordinary_reason``.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.module_utils import basic
from ansible.module_utils.common.json import Direction, get_module_encoder
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display

from ansible_collections.mainstay.aws.plugins.module_utils.component.interruption import FOLDER_VARIABLE, Interruption
from ansible_collections.mainstay.aws.plugins.module_utils.component.platform_variables import WrongVariables, filled, taken, values
from ansible_collections.mainstay.aws.plugins.module_utils.component.progress import Channel, Throttled
from ansible_collections.mainstay.aws.plugins.module_utils.component.role_checks import failed_components, not_started, role_errors
from ansible_collections.mainstay.aws.plugins.module_utils.controller.output import prints_json, shortened, warnings
from ansible_collections.mainstay.aws.plugins.module_utils.controller.role_specs import specs_of
from ansible_collections.mainstay.aws.plugins.module_utils.domains.registry import checks_of
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import failure, out_of_resources
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import DELETED
from ansible_collections.mainstay.aws.plugins.module_utils.sensitive.texts import Texts, packed
from ansible_collections.mainstay.aws.plugins.plugin_utils.vaulted import names_in, secrets_among

PROFILE = "legacy"
"""Serialization profile of modules written for AnsibleModule."""

PREFIX = "mainstay.aws."

PASSED_ON = ("__platform_inventory", "inventory_hostname", "platform_component", "platform_environment", "platform_region")
"""Variables that a role's checks read in addition to its own. The first holds the parts of the inventory that the role passes on."""

SWITCH = "MAINSTAY_IN_WORKER"
"""Environment variable: "never" runs every module as an ordinary one."""

display = Display()


class ActionModule(NormalAction):
    def _execute_module(
        self,
        module_name: str | None = None,
        module_args: dict[str, Any] | None = None,
        tmp: str | None = None,
        task_vars: dict[str, Any] | None = None,
        persist_files: bool = False,
        delete_remote_tmp: bool | None = None,
        wrap_async: bool = False,
        ignore_unknown_opts: bool = False,
    ) -> dict[str, Any]:
        name = module_name or self._task.resolved_action or self._task.action
        task_vars = task_vars or {}
        arguments = self._task.args if module_args is None else module_args
        if name.startswith(PREFIX):
            try:
                self._check_role(task_vars)
                arguments = {**self._templar.template(task_vars.get("__platform_options", {})), **arguments}
                arguments = self._with_variables(name, arguments, task_vars)
            except WrongVariables as wrong:
                return self._texts(name, arguments, task_vars).hide_in({"failed": True, "msg": str(wrong)})
        texts = self._texts(name, arguments, task_vars)
        return self._run(name, arguments, texts, task_vars, persist_files, wrap_async, ignore_unknown_opts)

    def _run(
        self,
        name: str,
        arguments: dict[str, Any],
        texts: Texts,
        task_vars: dict[str, Any],
        persist_files: bool,
        wrap_async: bool,
        ignore_unknown_opts: bool,
    ) -> dict[str, Any]:
        """Run the module, in this process if possible. It receives the known secrets, so that it does not save them."""
        local = str(self._connection.transport).rpartition(".")[2] == "local"
        if texts and name.startswith(PREFIX) and "sensitive_values" in module_of(name).argument_spec():
            sent = texts.secrets if local else [one for one in texts.secrets if Texts([one]).found_in(arguments)]
            arguments = {**arguments, "sensitive_values": packed(sent)}
        reason = ordinary_reason(
            asynchronous=bool(wrap_async or self._task.async_val),
            become=bool(self._connection.become),
            transport=str(self._connection.transport),
            interpreter=self._interpreter(task_vars),
            name=name,
            switch=os.environ.get(SWITCH, ""),
        )
        if reason:
            display.vvv(f"{name} runs as an ordinary module: {reason}", host=task_vars.get("inventory_hostname"))
            returned = super()._execute_module(
                module_name=name,
                module_args=arguments,
                task_vars=task_vars,
                persist_files=persist_files,
                wrap_async=wrap_async,
                ignore_unknown_opts=ignore_unknown_opts,
            )
            return self._printed(texts.hide_in(returned), task_vars)
        self._update_module_args(name, arguments, task_vars, ignore_unknown_opts=ignore_unknown_opts)
        environment: dict[str, str] = {}
        self._compute_environment_string(environment)
        with _listening(str(task_vars.get("inventory_hostname", ""))), _environment(environment):
            printed, errors = run_module(name, arguments)
        if Interruption.happened:
            os._exit(1)  # Ansible no longer reads from this worker; the report it left says what it did
        return self._printed(texts.hide_in(self._parsed(printed, errors)), task_vars)

    def _printed(self, result: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """The result as Ansible is to print it: without the plan if the task failed, and with warnings if no callback shows the plan.

        If ``__platform_fails_later`` is set, a plan that platform_fail_on fails does not fail the task yet: the playbook fails at its end.
        """
        summarized = FOLDER_VARIABLE in os.environ
        found = dict(result)
        if not summarized and (reported := warnings(found, str(task_vars.get("inventory_hostname", "")))):
            found["warnings"] = [*(found.get("warnings") or ()), *reported]
        if "failed_on" in found and self._templar.template(task_vars.get("__platform_fails_later", False)):
            return {name: value for name, value in found.items() if name not in ("failed", "exception")}
        return shortened(found, summarized, display.verbosity, constants.DEFAULT_STDOUT_CALLBACK)

    def _check_role(self, task_vars: Mapping[str, Any]) -> None:
        """Check the variables of the role named by the task, and that its prerequisites have not failed. Raises WrongVariables."""
        role = self._templar.template(task_vars.get("__platform_check_role", ""))
        if not role:
            return
        specs = specs_of(role)
        wanted = [name for name in task_vars if name in specs["main"]["options"] or name in PASSED_ON]
        values = {name: self._templar.template(task_vars[name]) for name in wanted}
        found = role_errors(role, specs, task_vars, values, checks_of(role))
        required = self._templar.template(task_vars.get("__platform_requires", {}))
        for outputs, hosts in required.items():
            if failed := failed_components(task_vars["hostvars"], hosts, outputs):
                found.append(not_started(failed))
        if found:
            raise WrongVariables(found)

    def _with_variables(self, name: str, given: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """The options of the call. A delegated task uses the variables of the host that it is delegated for. Raises WrongVariables."""
        found = values([one for one in task_vars if one.startswith("platform_")], lambda one: self._templar.template(task_vars[one]))
        hosts = task_vars.get("groups", {}).get("all", [])
        return filled(given, taken(module_of(name).argument_spec()), found, str(task_vars["inventory_hostname"]), hosts)

    def _texts(self, name: str, arguments: Mapping[str, Any], task_vars: Mapping[str, Any]) -> Texts:
        """The values from Ansible Vault, which must not be shown."""
        if not name.startswith(PREFIX):
            return Texts()
        known = names_in(arguments, task_vars.get("groups", {}))
        return Texts(secrets_among(task_vars, arguments, known))

    def _interpreter(self, task_vars: Mapping[str, Any]) -> str | None:
        value = task_vars.get("ansible_python_interpreter")
        return str(self._templar.template(value)) if value else None

    def _parsed(self, printed: str, errors: str) -> dict[str, Any]:
        result = self._parse_returned_data({"stdout": printed, "stderr": errors, "rc": 0}, PROFILE)
        result.remove_internal_keys()
        return dict(result.as_result_dict(for_round_trip=True))


def ordinary_reason(*, asynchronous: bool, become: bool, transport: str, interpreter: str | None, name: str, switch: str) -> str | None:
    """Why a call has to run as an ordinary module; None if it can run here."""
    if switch == "never":
        return f"{SWITCH} is never"
    if asynchronous:
        return "it is asynchronous"
    if become:
        return "it becomes another user"
    if transport.rpartition(".")[2] != "local":
        return f"the connection is {transport}"
    if sys.platform == "darwin":
        return "forked workers cannot use boto3 on macOS"
    if interpreter and not interpreter.startswith("auto") and not same_python(interpreter, sys.executable):
        return f"the interpreter is {interpreter}, not {sys.executable}"
    return None if name.startswith(PREFIX) else f"{name} is not a module of this collection"


def same_python(one: str, other: str) -> bool:
    """Whether two paths name the same Python in the same environment. python, python3 and python3.13 in one bin folder are the same.

    The folder decides, not the target of the links: all virtual environments of one Python link to the same file.
    """
    first, second = Path(one), Path(other)
    return first.parent.resolve() == second.parent.resolve() and first.resolve() == second.resolve()


def module_of(name: str) -> Any:
    """The Python module that implements one of our Ansible modules: it has ``argument_spec()`` and ``main()``."""
    return importlib.import_module(f"ansible_collections.{PREFIX}plugins.modules.{name.removeprefix(PREFIX)}")


def run_module(name: str, arguments: Mapping[str, Any]) -> tuple[str, str]:
    """Run a module's ``main()`` and return what it printed to stdout and to stderr.

    An exception that escapes is reported by its type alone: its text may contain a secret that core would not know to mask.
    """
    basic._ANSIBLE_ARGS = json.dumps(
        {"ANSIBLE_MODULE_ARGS": dict(arguments)}, cls=get_module_encoder(PROFILE, Direction.CONTROLLER_TO_MODULE)
    ).encode()
    basic._ANSIBLE_PROFILE = PROFILE
    module = module_of(name)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            module.main()
        except SystemExit:
            pass
        except Exception as error:  # noqa: BLE001 - the edge of the module: everything has to become a result here
            lack = out_of_resources(error)
            message = f"{name} ended: {failure('', lack)}" if lack else _unexpected(name, error)
            out.write("\n" + json.dumps({"failed": True, "msg": message}))
    return out.getvalue(), err.getvalue()


def _unexpected(name: str, error: BaseException) -> str:
    return f"{name} ended with an unexpected {type(error).__name__}{_place(error)}. Please report it."


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f" in {Path(trace.tb_frame.f_code.co_filename).name}, line {trace.tb_lineno}" if trace else ""


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set the task's ``environment`` for the duration of the call."""
    before = dict(os.environ)
    os.environ.update({name: str(value) for name, value in variables.items()})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _listening(host: str) -> Iterator[None]:
    """Show progress while the module runs, if the output goes to a terminal."""

    def say(address: str, doing: str, seconds: float) -> None:
        after = "" if doing == DELETED else f" {_duration(seconds)}"
        display.display(f"  {host}: {address} {doing}{after}", stderr=prints_json(constants.DEFAULT_STDOUT_CALLBACK))

    before = Channel.listener, Channel.announcer, Channel.host
    Channel.host = host
    Channel.announcer = lambda text: display.warning(f"{host}: {text}")
    if _watched():
        Channel.listener = Throttled(say)
    try:
        yield
    finally:
        Channel.listener, Channel.announcer, Channel.host = before


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"


def _watched() -> bool:
    """Whether our parent, ansible-playbook, writes to a terminal. A worker's own stdout is not connected to one."""
    if wish := os.environ.get("MAINSTAY_PROGRESS"):
        return wish == "always"
    try:
        return str(Path(f"/proc/{os.getppid()}/fd/1").readlink()).startswith(("/dev/pts/", "/dev/tty"))
    except OSError:
        return False
