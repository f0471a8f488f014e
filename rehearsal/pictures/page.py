"""A picture as one HTML file: styles, inline SVG, and text; it asks for nothing from elsewhere. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape

from rehearsal.pictures.drawing import color, svg
from rehearsal.pictures.model import ALARM, INSUFFICIENT, OK, Chart, Note, Picture, Placed, Series, State, States, Text, counts
from rehearsal.pictures.numbers import shown

STYLE = """
:root { --page: #f3f4f6; --card: #fff; --text: #1c2430; --soft: #667085; --grid: #e6e8ec; --base: #b3bac5; --ok: #1f8a4c; --alarm: #c81e1e;
  --unknown: #8a6d00; --alarm-card: #fdecec; --unknown-card: #fff7dc; }
@media (prefers-color-scheme: dark) { :root { --page: #11151c; --card: #1a202a; --text: #e5e9f0; --soft: #98a2b3; --grid: #2a323e;
  --base: #48525f; --ok: #4cc38a; --alarm: #ff6b6b; --unknown: #e3b341; --alarm-card: #3a1d20; --unknown-card: #332b14; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 14px/1.4 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 1440px; margin: 0 auto; padding: 20px 24px 40px; }
header { display: flex; align-items: baseline; gap: 16px; flex-wrap: wrap; margin-bottom: 12px; }
header h1 { font-size: 24px; margin: 0; }
header .soft { color: var(--soft); }
.grid { display: grid; grid-template-columns: repeat(24, 1fr); gap: 12px; }
.card { background: var(--card); border: 1px solid var(--grid); border-radius: 8px; padding: 10px 12px; min-width: 0; }
.card h3 { display: flex; justify-content: space-between; gap: 8px; font-size: 14px; margin: 0 0 4px; }
.card h3 span { color: var(--soft); font-weight: 400; font-size: 12px; white-space: nowrap; }
.section { padding: 12px 0 0; }
.section h2 { font-size: 17px; margin: 0; }
.section p { margin: 0; color: var(--soft); }
svg { display: block; width: 100%; height: auto; }
svg text { font: 11px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: var(--soft); }
svg text.limit { font-weight: 600; }
svg text.empty { font-size: 14px; }
svg .grid { stroke: var(--grid); }
svg .base { stroke: var(--base); }
svg .mark { stroke-width: 1.2; stroke-dasharray: 5 4; }
svg .line { fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 12px; padding-top: 4px; }
.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 5px; }
.legend b { font-weight: 600; }
.legend .none { color: var(--soft); }
.counts { display: flex; gap: 8px; margin-left: auto; }
.count { border-radius: 6px; padding: 3px 10px; font-weight: 600; color: #fff; background: var(--ok); }
.count.alarm { background: var(--alarm); } .count.unknown { background: var(--unknown); } .count.zero { background: var(--base); }
.states { display: grid; grid-template-columns: repeat(auto-fill, minmax(320px, 1fr)); gap: 2px 16px; font-size: 12.5px; }
.state { display: flex; align-items: baseline; gap: 7px; min-width: 0; }
.state span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.state i { flex: none; width: 9px; height: 9px; border-radius: 50%; background: var(--ok); }
.state.unknown i { background: transparent; border: 2px solid var(--unknown); }
.state.unknown { color: var(--soft); }
.ringing { border-left: 4px solid var(--alarm); background: var(--alarm-card); border-radius: 4px; padding: 6px 10px; margin-bottom: 8px; }
.ringing b { color: var(--alarm); } .ringing small { display: block; color: var(--soft); font-size: 12px; }
.values { display: flex; flex-wrap: wrap; gap: 8px 28px; padding: 6px 0; } .values b { display: block; font-size: 24px; }
.values span { color: var(--soft); font-size: 12px; }
"""
CLASSES = {ALARM: "alarm", INSUFFICIENT: "unknown", OK: "ok", "": "unknown"}
WORDS = {ALARM: "ringing", INSUFFICIENT: "without data", OK: "OK", "": "missing"}
ORDER = (ALARM, "", INSUFFICIENT, OK)


def page(picture: Picture) -> str:
    """The whole file."""
    rows = {y: number for number, y in enumerate(sorted({one.y for one in picture.widgets}), 1)}
    cards = "\n".join(card(one, rows[one.y]) for one in picture.widgets if not is_title(one))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(picture.name)}: dashboard</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f'{head(picture)}\n<div class="grid">\n{cards}\n</div>\n</main>\n</body>\n</html>\n'
    )


def is_title(one: Placed) -> bool:
    """The dashboard's own title is in the head of the page."""
    return isinstance(one.content, Text) and one.content.markdown.startswith("# ")


def head(picture: Picture) -> str:
    titles = (one.content.markdown[2:] for one in picture.widgets if isinstance(one.content, Text) and is_title(one))
    title = next(titles, picture.name)
    start, end = (datetime.fromtimestamp(one, UTC) for one in (picture.span.start, picture.span.end))
    time = f"{start:%B %-d, %Y, %H:%M} to {end:%H:%M} UTC"
    tally = "".join(
        f'<span class="count {CLASSES[state]}{"" if number else " zero"}">{number} {WORDS[state]}</span>'
        for state, number in counts(picture).items()
    )
    where = f'<span class="soft">{escape(picture.where)}, {time}</span>'
    return f'<header><h1>{escape(title)}</h1>{where}<div class="counts">{tally}</div></header>'


def card(one: Placed, row: int) -> str:
    place = f"grid-row: {row}; grid-column: {one.x + 1} / span {one.width}"
    content = one.content
    if isinstance(content, Text):
        return f'<div class="section" style="{place}">{markdown(content.markdown)}</div>'
    inner = "".join(parts(content, one.width))
    return f'<div class="card" style="{place}">{inner}</div>'


def parts(content: Chart | States | Note, columns: int) -> Iterator[str]:
    if isinstance(content, Chart):
        yield from chart(content, columns)
    elif isinstance(content, States):
        yield from states(content)
    else:
        yield f"<h3>{escape(content.title)}</h3><p>{escape(content.text)}</p>"


def markdown(text: str) -> str:
    """The little of markdown that generated dashboards use: headings of the second level, and lines of text."""
    lines = [f"<h2>{escape(line[3:])}</h2>" if line.startswith("## ") else f"<p>{escape(line)}</p>" for line in text.splitlines() if line]
    return "".join(lines)


def chart(one: Chart, columns: int) -> Iterator[str]:
    yield f"<h3>{escape(one.title)}<span>{escape(one.unit)}</span></h3>"
    if one.view == "singleValue":
        yield f'<div class="values">{"".join(values(one))}</div>'
        return
    yield svg(one, columns)
    yield f'<div class="legend">{"".join(legend(number, series, one.unit) for number, series in enumerate(one.series))}</div>'


def values(one: Chart) -> Iterator[str]:
    for series in one.series:
        value = shown(series.points[-1][1], one.unit) if series.points else "no data"
        yield f"<div><b>{escape(value)}</b><span>{escape(series.label)}</span></div>"


def legend(number: int, series: Series, unit: str) -> str:
    if not series.points:
        return f'<span class="none"><i style="border: 1px solid {color(number)}"></i>{escape(series.label)} no data</span>'
    value = escape(shown(series.points[-1][1], unit))
    return f'<span><i style="background: {color(number)}"></i>{escape(series.label)} <b>{value}</b></span>'


def states(one: States) -> Iterator[str]:
    """The alarms that ring with their reasons; then those without data, then the rest, as a list."""
    ringing = [alarm for alarm in one.alarms if alarm.state == ALARM]
    others = sorted((alarm for alarm in one.alarms if alarm.state != ALARM), key=lambda alarm: (ORDER.index(alarm.state), alarm.name))
    yield f"<h3>{escape(one.title)}<span>{escape(tally(one.alarms))}</span></h3>"
    yield from (ringing_alarm(alarm) for alarm in ringing)
    yield f'<div class="states">{"".join(quiet_alarm(alarm) for alarm in others)}</div>'


def tally(alarms: Sequence[State]) -> str:
    found = [(sum(1 for alarm in alarms if alarm.state == state), WORDS[state]) for state in ORDER]
    return ", ".join(f"{number} {word}" for number, word in found if number)


def ringing_alarm(alarm: State) -> str:
    since = f" since {datetime.fromtimestamp(alarm.since, UTC):%H:%M} UTC" if alarm.since else ""
    return f'<div class="ringing"><b>{escape(alarm.name)}</b>{since}<small>{escape(alarm.reason)}</small></div>'


def quiet_alarm(alarm: State) -> str:
    kind = CLASSES[alarm.state]
    reason = escape(f"{WORDS[alarm.state]}: {alarm.reason}" if alarm.reason else WORDS[alarm.state])
    return f'<div class="state {kind}" title="{reason}"><i></i><span>{escape(alarm.name)}</span></div>'
