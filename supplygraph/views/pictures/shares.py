"""Shares of a whole as stacked bars: who makes a step, where elements come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplygraph.results import Results
from supplygraph.trade_words import STAGES, step_text, word
from supplygraph.views.pictures.bars import SEEN, end_text, finite, rows_panel, text_room
from supplygraph.views.pictures.lines import share_tick
from supplygraph.views.pictures.sheet import Key, PictureSheet
from supplygraph.views.style import COLOURED, LIGHT, PAPER

if TYPE_CHECKING:
    from matplotlib.figure import Figure


ROWS = 24
REST = "others"
UNSTATED = ("", "not stated")  # drawn like what is missing from the bar
THICK = 0.2  # of a bar, in inches


@dataclass(frozen=True)
class Stack:
    """A bar of parts: its name, shares by country, words at its end."""

    label: str
    shares: Mapping[str, float]
    text: str = ""


def concentration(results: Results, title: str | None) -> Figure:
    """The three largest makers of each stage and process, with the concentration index."""
    table = results.table
    steps = table[table["kind"] != "element"]
    rows = steps if len(steps) else table
    chain = list(STAGES)
    order = rows["stage"].map(chain.index) if rows["stage"].isin(chain).all() else rows["stage"]
    rows = rows.assign(order=order, part=rows["kind"] != "stage")
    rows = rows.sort_values(["order", "part"], kind="stable").head(ROWS)
    stacks = []
    for row in rows.to_dict("records"):
        hhi = finite(row["hhi"])
        text = "" if hhi is None else f"HHI {hhi:.2f}"
        stacks.append(Stack(_step(results, row), dict(row["top_three"]), text))
    by = results.params.get("by") or "country"
    sheet = PictureSheet(
        title or f"Who makes each step: the largest by {by}",
        "Shares of the three largest in output; HHI is 1 where one makes all",
    )
    draw_stacks(sheet, stacks, results, "Share of output")
    more = len(table) - len(rows)
    return sheet.done(results, [f"{more} more rows stand in the table."] * (more > 0))


def _step(results: Results, row: Mapping[str, object]) -> str:
    name, stage, kind = str(row["id"]), str(row["stage"]), str(row["kind"])
    if kind == "stage":
        return f"{word(name)}, all processes"
    if kind == "process":
        return step_text(stage, name)
    scope = f" ({row['scope']})" if row["scope"] else ""
    return f"{results.names.get(name, name)}{scope}"


def trace(results: Results, title: str | None) -> Figure:
    """Where each element comes from, stage by stage."""
    table = results.table
    what = "place" if (table["what"] == "place").any() else str(table["what"].iloc[0])
    rows = table[(table["what"] == what) & (table["stage"] != "product")]
    where_from = "country" if what == "place" else "owner_country"
    order = list(STAGES)
    groups = {
        (element, stage): part.groupby(where_from, sort=True)["share"].sum()
        for (element, stage), part in rows.groupby(["element", "stage"], sort=True)
    }
    elements = list(dict.fromkeys(rows["element"]))
    keys = sorted(groups, key=lambda key: (elements.index(key[0]), order.index(key[1])))
    stacks = [
        Stack(
            f"{results.names.get(element, element)}: {word(stage).lower()}",
            {str(name): float(share) for name, share in shares.items() if name not in UNSTATED},
        )
        for element, stage in keys[:ROWS]
        for shares in (groups[element, stage],)
    ]
    params = results.params
    asked = [str(params[name]) for name in ("product", "region") if params.get(name)]
    where = ", ".join(results.names.get(name, name) for name in asked)
    more = len(keys) - len(stacks)
    sheet = PictureSheet(
        title or f"Where the elements in {where or 'the product'} come from",
        "Share of each element, stage by stage, by country of the "
        f"{'plant or mine' if what == 'place' else 'last owner on file'}",
    )
    draw_stacks(sheet, stacks, results, "Share of the element", "not stated")
    notes = ["Shares of the balanced flows; the table has what each of them lies between."]
    return sheet.done(results, notes + [f"{more} more bars are not drawn."] * (more > 0))


def draw_stacks(
    sheet: PictureSheet,
    stacks: Sequence[Stack],
    results: Results,
    axis: str,
    missing: str = "the rest",
) -> None:
    """Stacked bars, the countries that hold most in colours of their own, the rest in grey."""
    from matplotlib.ticker import FuncFormatter

    total: dict[str, float] = {}
    for stack in stacks:
        for name, share in stack.shares.items():
            total[name] = total.get(name, 0.0) + share
    ranked = sorted(total, key=lambda name: (-total[name], name))
    ranked = [name for name in ranked if total[name] > SEEN]  # the key names what can be seen
    coloured = ranked[:COLOURED]
    keys = [Key(results.names.get(name, name), LIGHT[place]) for place, name in enumerate(coloured)]
    grey = [Key(REST, LIGHT[COLOURED])] if len(ranked) > len(coloured) else []
    whole = all(sum(stack.shares.values()) > 1 - SEEN for stack in stacks)
    rest = [] if whole else [Key(missing, PAPER["track"])]
    sheet.keys([*keys, *grey, *rest])
    right = max(text_room(sheet, [stack.text for stack in stacks]), 0.35)
    axes, middles = rows_panel(sheet, [stack.label for stack in stacks], right=right)
    for stack, middle in zip(stacks, middles, strict=True):
        parts = [(name, stack.shares.get(name, 0.0)) for name in coloured]
        parts.append((REST, sum(stack.shares.values()) - sum(share for _, share in parts)))
        left = 0.0
        for place, (_, share) in enumerate(parts):
            if share > 1e-9:
                axes.barh(middle, share, left=left, height=THICK, color=LIGHT[place])
                left += share
        axes.barh(middle, max(1 - left, 0.0), left=left, height=THICK, color=PAPER["track"])
        end_text(axes, stack.text, 1.0, middle)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(FuncFormatter(share_tick))
    axes.set_xlabel(axis, loc="left")
