"""Units of mass and rates, and the only place where they are converted.

A unit of a figure is written ``mass``, ``mass/yr`` or ``mass/thing``. Masses of different
substance (REO, oxide, metal, blank, finished magnet) never convert into each other here:
that is what recipes are for.
"""

from __future__ import annotations

from supplygraph.errors import UsageError

MATERIAL_UNITS = ("t_gross", "t_reo", "t_oxide", "t_metal", "t_blank", "t_finished", "piece")
MONTHS_PER_WEEK = 12 / 52
_MONTHS = {"months": 1.0, "years": 12.0, "weeks": MONTHS_PER_WEEK, "days": 12 / 365}
_TONNES = {"t": 1.0, "kt": 1e3, "kg": 1e-3, "g": 1e-6, "mg": 1e-9}
_SUBSTANCES = {unit[2:] for unit in MATERIAL_UNITS if unit.startswith("t_")}


def per_unit(unit: str, thing: str) -> float:
    """Tonnes (or pieces) per unit of product in a quantity stated as ``mass/thing``.

    Parameters
    ----------
    unit
        Such as ``kg/vehicle`` or ``t/index``.
    thing
        Unit of the product, such as ``vehicle``.

    Raises
    ------
    UsageError
        If the mass is unknown or the thing is another one.

    Examples
    --------
    >>> per_unit("kg/vehicle", "vehicle")
    0.001
    """
    mass, _, per = unit.partition("/")
    if per != thing:
        raise UsageError(f"unit '{unit}' is not per '{thing}'. Write it as kg/{thing}.")
    return mass_in_tonnes(mass)


def per_year(unit: str) -> tuple[float, str]:
    """Factor to tonnes a year and substance of a yearly rate.

    Parameters
    ----------
    unit
        Such as ``t_reo/yr`` or ``kt_metal/yr``; the ``/yr`` may be left out.

    Returns
    -------
    tuple of float and str
        Factor, and the material unit (``t_reo``) or ``piece``.

    Examples
    --------
    >>> per_year("kt_reo/yr")
    (1000.0, 't_reo')
    >>> per_year("t_finished")
    (1.0, 't_finished')
    """
    mass = unit.removesuffix("/yr")
    if mass == "piece":
        return 1.0, "piece"
    scale, _, substance = mass.partition("_")
    if scale not in _TONNES or substance not in _SUBSTANCES:
        known = ", ".join(f"{name}/yr" for name in MATERIAL_UNITS)
        raise UsageError(f"unit '{unit}' is not a yearly mass. Write one of {known}.")
    return _TONNES[scale], f"t_{substance}"


def mass_in_tonnes(mass: str) -> float:
    """Tonnes in one ``t``, ``kt``, ``kg``, ``g`` or ``mg`` of any substance; 1 for ``piece``.

    Examples
    --------
    >>> mass_in_tonnes("kg"), mass_in_tonnes("t_oxide"), mass_in_tonnes("piece")
    (0.001, 1.0, 1.0)
    """
    scale = mass.partition("_")[0]
    if scale == "piece":
        return 1.0
    if scale not in _TONNES:
        raise UsageError(f"unit '{mass}' is not a mass. Write one of {', '.join(_TONNES)}.")
    return _TONNES[scale]


def weeks_to_months(weeks: float) -> float:
    """Months in a number of weeks, 12 months to 52 weeks.

    Examples
    --------
    >>> round(weeks_to_months(4), 2)
    0.92
    """
    return weeks * MONTHS_PER_WEEK


def time_in_months(unit: str) -> float:
    """Months in one unit of time.

    Raises
    ------
    UsageError
        If the unit is no time.

    Examples
    --------
    >>> time_in_months("years"), time_in_months("months")
    (12.0, 1.0)
    """
    if unit not in _MONTHS:
        raise UsageError(f"unit '{unit}' is no time. Write one of {', '.join(_MONTHS)}.")
    return _MONTHS[unit]


def element_per_tonne(unit: str, metal_per_oxide: float) -> float:
    """Tonnes of an element in a tonne counted as its oxide or as its metal.

    Parameters
    ----------
    unit
        Unit of the material.
    metal_per_oxide
        Stoichiometric metal content of the oxide; 1 where it is not known, which then counts
        oxide as if it were metal.

    Examples
    --------
    >>> element_per_tonne("t_oxide", 0.8713), element_per_tonne("t_metal", 0.8713)
    (0.8713, 1.0)
    """
    oxide = unit in ("t_oxide", "t_reo") and metal_per_oxide > 0
    return float(metal_per_oxide) if oxide else 1.0
