# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A synchronization in words, and as a difference. Pure."""

from __future__ import annotations

from ..text.foreign import quoted
from .options import Wish
from .plan import Plan, Put
from .synchronizing import Done

SHOWN = 200
"""Lines of a difference; a first upload of thousands of files is no better understood with more."""


def said(wish: Wish, done: Done, check_mode: bool) -> str:
    plan = done.plan
    to = f"{wish.bucket}/{wish.prefix}".rstrip("/")
    if not plan.changes:
        return f"All {plan.unchanged} files are in {to} as they should be."
    would = "would be " if check_mode else ""
    parts = [f"{_files(len(plan.puts))} {would}uploaded to {to}, {plan.unchanged} unchanged"]
    if done.paths:
        parts.append(f"{_count(len(done.paths), 'path')} {would}invalidated")
    if plan.retired:
        days = f"{wish.keeping.days:g} days"
        parts.append(f"{_files(len(plan.retired))} no longer part of the site, kept for {days} and {wish.keeping.releases} releases")
    if plan.deletes:
        parts.append(f"{_files(len(plan.deletes))} of former releases {would}deleted")
    if plan.outdated and not wish.distribution:
        parts.append("nothing invalidated, since no distribution is named")
    return f"{'; '.join(parts)}."


def what_failed(uploaded: int) -> str:
    return f"Not all files were uploaded. {_files(uploaded)} were, and are recorded; the index comes last. Run again to upload the rest."


def diff_of(bucket: str, prefix: str, plan: Plan) -> dict[str, str]:
    """Ansible's diff: a line for each object that changes."""
    before = [_line(one.name, one.why) for one in plan.puts if one.replaces] + list(map(quoted, plan.deletes))
    after = [_line(one.name, _form(one)) for one in plan.puts]
    where = f"s3://{bucket}/{prefix}"
    return {"before_header": where, "after_header": where, "before": _lines(before), "after": _lines(after)}


def _line(name: str, text: str) -> str:
    return f"{quoted(name)}  {text}"


def _form(put: Put) -> str:
    form = put.form
    key = f"  {form.kms_key_id}" if form.kms_key_id else ""
    return f"{form.content_type}  {form.cache_control}  sha256 {form.sha256[:12]}{key}"


def _lines(lines: list[str]) -> str:
    more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return "".join(f"{line}\n" for line in [*lines[:SHOWN], *more])


def _files(count: int) -> str:
    return _count(count, "file")


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
