"""How exactly results are stated: to 1e-9, without the dust that a solver leaves below it.

Solvers stop at a tolerance, and another processor sums in another order, so the last digits of a
computed double are no figure of the supply chain. Engines compute with all of them. Where a
result leaves (`Results`, the networkx graph) it is stated to 1e-9, here and nowhere else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

# Nine decimals of a number near 1, and ten digits of any, keep a value within 5e-10 of its scale or
# of itself: two machines whose values agree print numbers at most 1e-9 apart.
PRECISION = 1e-9
DECIMALS = 9
DIGITS = 10
# 89.99999999 is 90 that a solver missed by 1e-10: a number of few digits is taken where it moves
# the value by no more than this; together with the rounding before it stays below 5e-10.
FEW_DIGITS = 6
NEAR = 2e-10

Scale = float | None


def stated(value: float, scale: Scale = None) -> float:
    """A value as it is printed: to 1e-9 of its kind, ten digits at most, no dust, no minus zero.

    A number of six digits is stated as such where a solver missed it by less than 2e-10.

    Parameters
    ----------
    value
        As computed; what is not finite stays, and so does a whole number.
    scale
        Size of its kind (1 for a share, the world's use for a flow of a material): less than its
        billionth is 0, and its billionth is the last decimal. None keeps ten digits of a value
        however small it is, as in a column of unlike things.

    Examples
    --------
    >>> stated(89.99999999305606), stated(20 / 3), stated(2 / 3, scale=1.0)
    (90.0, 6.666666667, 0.666666667)
    >>> stated(-7.7e-11, scale=1.0), stated(-7.7e-11)
    (0.0, -7.7e-11)
    """
    if not math.isfinite(value):
        return value
    if scale:
        if abs(value) < PRECISION * scale:
            return 0.0
        value = round(value, DECIMALS - math.floor(math.log10(scale)))
    if value.is_integer():
        return value + 0.0  # turns -0.0 into 0.0
    ten = float(f"{value:.{DIGITS - 1}e}")
    few = float(f"{ten:.{FEW_DIGITS - 1}e}")
    return few if abs(few - ten) <= NEAR * abs(ten) else ten


def stated_values(values: np.ndarray, scale: Scale = None) -> np.ndarray:
    """Each of some values as :func:`stated` gives it.

    Examples
    --------
    >>> import numpy as np
    >>> stated_values(np.array([-0.0, 1e-12, 30.000000002]), scale=1.0).tolist()
    [0.0, 0.0, 30.0]
    """
    import numpy as np

    return np.array([stated(value, scale) for value in values.tolist()], dtype=float)


def stated_nested(value: Any, scale_of: Callable[[str], Scale], scale: Scale = None) -> Any:
    """A number, or numbers in lists and records, as :func:`stated` gives them.

    Parameters
    ----------
    value
        Anything; what holds no fraction stays as it is.
    scale_of
        Scale of an entry of a record by its name; one without any has that of its record.
    scale
        Scale of the value itself.

    Examples
    --------
    >>> stated_nested({"loss": 1e-12, "t": (1e-12, 29.9999999999)}, {"loss": 1.0}.get)
    {'loss': 0.0, 't': (1e-12, 30.0)}
    """
    if isinstance(value, float):
        return stated(float(value), scale)
    if isinstance(value, Mapping):
        found = {}
        for name, item in value.items():
            own = scale_of(str(name))
            found[name] = stated_nested(item, scale_of, scale if own is None else own)
        return found
    if isinstance(value, list | tuple):
        return type(value)(stated_nested(item, scale_of, scale) for item in value)
    return value


def stated_table(table: pd.DataFrame, scale_of: Callable[[str], Scale]) -> pd.DataFrame:
    """A table as it is printed; the one that is given stays as it is.

    Parameters
    ----------
    table
        One row per result; cells may hold lists and records.
    scale_of
        Scale of a column by its name, None for one that holds unlike things.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"id": ["a"], "loss": [1e-12], "t": [59.9999999999]})
    >>> stated_table(table, {"loss": 1.0}.get).to_dict("records")
    [{'id': 'a', 'loss': 0.0, 't': 60.0}]
    """
    import numpy as np
    import pandas as pd

    columns = {}
    for name in table.columns:
        column, scale = table[name], scale_of(str(name))
        if column.dtype.kind == "f" and isinstance(column.dtype, np.dtype):
            columns[name] = stated_values(column.to_numpy(float), scale)
        elif column.dtype == object:
            cells = [stated_nested(cell, scale_of, scale) for cell in column]
            columns[name] = pd.Series(cells, index=table.index, dtype=object)
    return table.assign(**columns) if columns else table
