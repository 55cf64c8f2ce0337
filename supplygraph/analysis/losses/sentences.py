"""Losses as sentences that can be quoted: what stops, who lacks how much, and for want of what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from supplygraph.vocabulary import EXPORT_STOP

if TYPE_CHECKING:
    from supplygraph.results import Results

HARDEST = 5  # products that the sentences of one stop name
KINDS = ("chokepoints", "whatif")
SECTOR_WORDS = {
    "autos": "cars",
    "defence": "arms",
    "chips": "chips and electronics",
    "energy": "wind turbines",
    "industry": "industrial goods",
    "other": "other goods",
}
Row = Mapping[str, Any]


def percent_words(share: float | None) -> str:
    """A share as people say it: whole percents from ten on, one digit below.

    Examples
    --------
    >>> [percent_words(share) for share in (0.3912, 0.0485, 0.0004, 0.0, None)]
    ['39 %', '4.9 %', 'less than 0.1 %', 'nothing', 'an unknown part']
    """
    if share is None:
        return "an unknown part"
    if share <= 0:
        return "nothing"
    if share < 0.001:
        return "less than 0.1 %"
    digits = 0 if share >= 0.0995 else 1
    return f"{100 * share:.{digits}f} %"


def sentences(results: Results) -> list[str]:
    """One sentence for each ranked removal, or some for one stop.

    Parameters
    ----------
    results
        Of kind ``chokepoints`` or ``whatif``.

    Examples
    --------
    >>> import supplygraph as sg
    >>> print(sentences(sg.load("three-nodes").rank(top=1))[0])
    1. Mine A: if its exports stop, the rest of the world lacks after 12 months 100 % of the \
output counted (at best 100 %, if nobody reroutes 100 %). Hit hardest: ev in JP, for want of \
ore-a; grade D.
    """
    from supplygraph.results import plain_row

    rows = [plain_row(row) for row in results.table.to_dict("records")]
    counted = _counted(results.params)
    if results.kind == "chokepoints":
        asked = ("loss_abroad_none", "loss_home_none")
        ranked = [row for row in rows if row["rank"] is not None]
        told = [row for row in ranked if any(row[name] is not None for name in asked)]
        return [_of_rank(row, results.params, counted) for row in told] or [
            "Nothing that is asked for is counted."
        ]
    return list(_of_stop(rows, counted))


def _counted(params: Row) -> str:
    """What the losses are shares of."""
    what = params.get("product") or SECTOR_WORDS.get(str(params.get("sector")), "")
    where = f" in {params['region']}" if params.get("region") else ""
    return f"{f'its output of {what}' if what else 'the output counted'}{where}"


def _of_rank(row: Row, params: Row, counted: str) -> str:
    stop = "if its exports stop" if params["as"] == EXPORT_STOP else "if it stops"
    after = params["after"]
    if row["loss_abroad_none"] is None:
        said = f"nothing is counted abroad; at home it costs {_at_home(row, after)}"
    else:
        said = f"the rest of the world lacks {_spread(row, 'loss_abroad', after)} of {counted}"
        said += _beside(row, "loss_abroad", after)
        if params["as"] != EXPORT_STOP and row["loss_home_none"] is not None:
            said += f"; at home {_at_home(row, after)}"
    worst = ""
    if row["worst_product"]:
        where = f" in {row['worst_region']}" if row["worst_region"] else ""
        through = f", for want of {row['binding_input']}" if row["binding_input"] else ""
        worst = f" Hit hardest: {row['worst_product']}{where}{through}; grade {row['evidence']}."
    return f"{row['rank']}. {row['name']}: {stop}, {said}.{worst}"


def _spread(row: Row, prefix: str, after: int) -> str:
    """The loss to quote: of the last step, else under none."""
    step = row.get(f"{prefix}_{after}m")
    if step is None:
        return f"if nobody reroutes {percent_words(row[f'{prefix}_none'])}"
    return f"after {after} months {percent_words(step)}"


def _beside(row: Row, prefix: str, after: int) -> str:
    """What the loss lies between, of the bounds that were asked for."""
    if row.get(f"{prefix}_{after}m") is None:
        least = row.get(f"{prefix}_least")
        return f" (at best {percent_words(least)})" if least is not None else ""
    parts = [("at best", "least"), ("if nobody reroutes", "none")]
    told = [
        f"{word} {percent_words(row[f'{prefix}_{bound}'])}"
        for word, bound in parts
        if row.get(f"{prefix}_{bound}") is not None
    ]
    return f" ({', '.join(told)})"


def _at_home(row: Row, after: int) -> str:
    step = row.get(f"loss_home_{after}m")
    return percent_words(row["loss_home_none"] if step is None else step)


def _of_stop(rows: list[dict[str, Any]], counted: str) -> Iterator[str]:
    """The total abroad over time, then the products hit hardest."""
    totals = {row["place"]: row for row in rows if row["product"] == "total"}
    abroad = totals["abroad"]
    if abroad["loss_none"] is not None:
        path = ", ".join(
            f"after {step} months {percent_words(abroad[f'loss_{step}m'])}"
            for step in (3, 12, 36)
            if abroad[f"loss_{step}m"] is not None
        )
        best = abroad["loss_least"]
        yield (
            f"The rest of the world lacks {path or percent_words(abroad['loss_none'])} of {counted}"
            + (f"; at best {percent_words(best)}" if best is not None else "")
            + f"; if nobody reroutes {percent_words(abroad['loss_none'])}. "
            f"In the first year it loses {_months(abroad, 1)} of output."
        )
    if totals["home"]["loss_none"] is not None:
        home = totals["home"]
        step = home["loss_12m"] if home["loss_12m"] is not None else home["loss_none"]
        yield f"At home: {percent_words(step)}."
    for row in _hardest(rows):
        first = row["first_month_low"], row["first_month_high"]
        begins = "" if first[0] is None else f", short from month {_ends(*first)} on"
        size = ", the size of its need is not known" if "nominal" in row["flags"] else ""
        grades = f"{row['need_evidence']}/{row['quantity_evidence']}"
        yield (
            f"{row['product']} in {row['region']}: {percent_words(_last(row))} after a year"
            f"{begins}, {_months(row, 1)} of output lost in the first year, for want of "
            f"{row['binding_none']} (grades {grades}{size})."
        )


def _hardest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Products hit hardest abroad, each where it is hit most and made most; of one its regions."""
    hit = [row for row in rows if row["product"] != "total" and _last(row) > 0]
    hit = [row for row in hit if row["place"] != "home"] or hit
    hit.sort(key=lambda row: (-round(_last(row), 9), row["product"], -row["demand"]))
    if len({row["product"] for row in hit}) == 1:
        return hit[:HARDEST]
    first = {row["product"]: row for row in reversed(hit)}
    return [row for row in hit if first[row["product"]] is row][:HARDEST]


def _last(row: Row) -> float:
    return float(row["loss_12m"] if row["loss_12m"] is not None else row["loss_none"])


def _months(row: Row, year: int) -> str:
    low, high = (row[f"months_lost_year_{year}_{cover}"] for cover in ("high", "low"))
    ends = f"{low:.1f}" if f"{low:.1f}" == f"{high:.1f}" else f"{low:.1f} to {high:.1f}"
    return f"{ends} months"


def _ends(low: float, high: float | None) -> str:
    """First months with low and with high stocks."""
    if high is None:
        return f"{low:.0f} with low stocks"
    return f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"
