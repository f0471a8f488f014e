# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an alarm measures, and the rule of a composite alarm, in the forms in which desired and observed ones are compared. Pure functions.

A measure is one metric, {"namespace", "metric_name", "dimensions": {name: value}, "statistic", "period", "unit"}, or metric math,
{"queries": [{"id", "expression", "label", "period", "returned"} or {"id", "metric": <a measure of one metric>, "label", "returned"}]}.
``statistic`` is a statistic (Average) or a percentile (p99). A rule is an alarm's name, which stands for its state ALARM, a list of rules
of which any may hold, or one of {"all": [rules]}, {"not": rule}, {"state": "OK" or "INSUFFICIENT_DATA", "of": name}, and {"text": ...} for
whatever else AWS accepts. Every name in it is an entire value, so that the engine recognizes it and can take an alarm out of a list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

STATISTICS = ("Average", "Maximum", "Minimum", "SampleCount", "Sum")
NEVER = "FALSE"
STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")
TOKEN = re.compile(r"""\s*(\(|\)|"[^"]*"|[^\s()"]+)""")


def measure_of(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The measure of an alarm as DescribeAlarms returns it."""
    if raw.get("Metrics"):
        return {"queries": [_query_of(one) for one in raw["Metrics"]]}
    return _metric_of(raw, raw.get("ExtendedStatistic") or raw.get("Statistic"), raw.get("Period"), raw.get("Unit"))


def _metric_of(metric: Mapping[str, Any], statistic: Any, period: Any, unit: Any) -> dict[str, Any]:
    found = {
        "namespace": metric.get("Namespace"),
        "metric_name": metric.get("MetricName"),
        "dimensions": {one["Name"]: one["Value"] for one in metric.get("Dimensions") or ()},
        "statistic": statistic,
        "period": period,
        "unit": unit,
    }
    return measure(found)


def _query_of(query: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        "id": query["Id"],
        "label": query.get("Label"),
        "returned": query.get("ReturnData", True),
        "expression": query.get("Expression"),
        "period": query.get("Period"),
    }
    if stat := query.get("MetricStat"):
        found["metric"] = _metric_of(stat["Metric"], stat.get("Stat"), stat.get("Period"), stat.get("Unit"))
    return found


def measure(value: Mapping[str, Any]) -> dict[str, Any]:
    """A measure in canonical form: without what is absent, numbers as integers, dimensions in order."""
    if "queries" in value:
        return {"queries": [_query(one) for one in value["queries"]]}
    found = {name: item for name, item in value.items() if item not in (None, "", {})}
    if "period" in found:
        found["period"] = int(found["period"])
    if "dimensions" in found:
        found["dimensions"] = {name: str(item) for name, item in sorted(found["dimensions"].items())}
    return dict(sorted(found.items()))


def _query(value: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: item for name, item in value.items() if item not in (None, "")}
    found["returned"] = bool(found.get("returned", True))
    if "metric" in found:
        found["metric"] = measure(found["metric"])
    if "period" in found:
        found["period"] = int(found["period"])
    return dict(sorted(found.items()))


def sent_measure(value: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of PutMetricAlarm that carry a measure."""
    if "queries" in value:
        return {"Metrics": [_sent_query(one) for one in value["queries"]]}
    statistic = str(value["statistic"])
    optional = {"Unit": value["unit"]} if value.get("unit") else {}
    return {
        "Namespace": value["namespace"],
        "MetricName": value["metric_name"],
        "Dimensions": _dimensions(value),
        "Statistic" if statistic in STATISTICS else "ExtendedStatistic": statistic,
        "Period": int(value["period"]),
        **optional,
    }


def _dimensions(value: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": str(item)} for name, item in sorted((value.get("dimensions") or {}).items())]


def _sent_query(value: Mapping[str, Any]) -> dict[str, Any]:
    sent: dict[str, Any] = {"Id": value["id"], "ReturnData": bool(value.get("returned", True))}
    for name, api in (("label", "Label"), ("expression", "Expression"), ("period", "Period")):
        if value.get(name):
            sent[api] = value[name]
    if metric := value.get("metric"):
        unit = {"Unit": metric["unit"]} if metric.get("unit") else {}
        identity = {"Namespace": metric["namespace"], "MetricName": metric["metric_name"], "Dimensions": _dimensions(metric)}
        sent["MetricStat"] = {"Metric": identity, "Period": int(metric["period"]), "Stat": metric["statistic"], **unit}
    return sent


def metrics_in(value: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every metric of a measure."""
    if "queries" in value:
        yield from (one["metric"] for one in value["queries"] if one.get("metric"))
    else:
        yield value


# -- rules of composite alarms -------------------------------------------------------------------------------------------------------------


def rule(value: Any) -> Any:
    """A rule in canonical form: a list of one is its only rule."""
    if isinstance(value, list | tuple):
        found = [rule(one) for one in value]
        return found[0] if len(found) == 1 else found
    if isinstance(value, Mapping):
        return {name: [rule(one) for one in item] if isinstance(item, list | tuple) else item for name, item in value.items()}
    return value


def rule_of(text: str) -> Any:
    """AlarmRule -> rule. What cannot be read stays a text, which equals no rule of ours."""
    found = _Parser(TOKEN.findall(text))
    try:
        parsed = found.either()
    except (IndexError, ValueError):
        return {"text": text}
    return parsed if not found.left else {"text": text}


class _Parser:
    """AlarmRule's grammar (PutCompositeAlarm): OR binds less than AND, AND less than NOT."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.left = list(tokens)

    def either(self) -> Any:
        found = self._joined("OR", self.both)
        return found[0] if len(found) == 1 else found

    def both(self) -> Any:
        found = self._joined("AND", self.one)
        return found[0] if len(found) == 1 else {"all": found}

    def _joined(self, word: str, part: Callable[[], Any]) -> list[Any]:
        found = [part()]
        while self.left and self.left[0].upper() == word:
            self.left.pop(0)
            found.append(part())
        return found

    def one(self) -> Any:
        word = self.left.pop(0)
        if word.upper() == "NOT":
            return {"not": self.one()}
        if word == "(":
            found = self.either()
            self._take(")")
            return found
        if word.upper() == NEVER:
            return []
        if word.upper() not in STATES:
            raise ValueError(word)
        self._take("(")
        name = self.left.pop(0).strip('"')
        self._take(")")
        return name if word.upper() == "ALARM" else {"state": word.upper(), "of": name}

    def _take(self, wanted: str) -> None:
        if self.left.pop(0) != wanted:
            raise ValueError(wanted)


def rule_text(value: Any) -> str:
    """A rule as PutCompositeAlarm takes it. One that has lost all its alarms never holds."""
    if isinstance(value, str):
        return f'ALARM("{value}")'
    if isinstance(value, list | tuple):
        return " OR ".join(_grouped(one) for one in value) or NEVER
    if not value:
        return NEVER
    if "text" in value:
        return str(value["text"])
    if "state" in value:
        return f'{value["state"]}("{value["of"]}")'
    if "not" in value:
        return f"NOT {_grouped(value['not'])}"
    return " AND ".join(_grouped(one) for one in value["all"])


def _grouped(value: Any) -> str:
    text = rule_text(value)
    simple = isinstance(value, str) or "state" in value or "not" in value
    return text if simple else f"({text})"


def alarms_in(value: Any) -> Iterator[Any]:
    """The names, or references to alarms, that a rule contains."""
    if isinstance(value, Mapping):
        if "state" in value:
            yield value["of"]
        yield from alarms_in(list(value.get("all", ())))
        if "not" in value:
            yield from alarms_in(value["not"])
    elif isinstance(value, list | tuple):
        for one in value:
            yield from alarms_in(one)
    else:
        yield value
