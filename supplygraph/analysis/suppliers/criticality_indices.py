"""Published indices of supply risk: the EU's and GeoPolRisk, as formulas and on a region."""

from __future__ import annotations

from collections.abc import Mapping

from supplygraph.errors import UndefinedMetricError, UsageError

WGI_RANGE = (-2.5, 2.5)


def scaled_governance(estimate: float) -> float:
    """World Bank governance estimate (-2.5 weak to 2.5 strong) as risk from 10 to 0.

    WGI = 2 (2.5 - estimate).

    Raises
    ------
    UsageError
        If the estimate is outside -2.5 to 2.5.

    Examples
    --------
    >>> scaled_governance(-0.5), scaled_governance(2.5)
    (6.0, 0.0)
    """
    if not WGI_RANGE[0] <= estimate <= WGI_RANGE[1]:
        raise UsageError(
            f"governance: {estimate:g} is not within -2.5 to 2.5. Give a WGI estimate."
        )
    return 2 * (2.5 - estimate)


def governance_concentration(
    shares: Mapping[str, float], wgi: Mapping[str, float], trade: Mapping[str, float] | None = None
) -> float:
    """Concentration weighted by governance: HHI_WGI,t = sum of S_c^2 WGI_c t_c, from 0 to 10.

    Parameters
    ----------
    shares
        Share of supply per country, as fractions; normalised to sum to 1.
    wgi
        Scaled governance per country, 0 (good) to 10 (poor).
    trade
        Factor per country, above 1 for export restrictions, below 1 for agreements; 1 if left
        out.

    Raises
    ------
    UndefinedMetricError
        If shares sum to 0 or one is negative.
    UsageError
        If a country has no governance score.

    Examples
    --------
    >>> governance_concentration({"CN": 0.8, "US": 0.2}, {"CN": 6.0, "US": 3.0})
    3.96
    """
    total = sum(shares.values())
    if total <= 0 or min(shares.values()) < 0:
        raise UndefinedMetricError("governance concentration: give shares >= 0 that sum above 0.")
    missing = sorted(name for name, share in shares.items() if share > 0 and name not in wgi)
    if missing:
        raise UsageError(f"governance: no score for {', '.join(missing)}. Add each to the scores.")
    factor = trade or {}
    return round(
        sum(
            (share / total) ** 2 * wgi[name] * factor.get(name, 1.0)
            for name, share in sorted(shares.items())
            if share > 0
        ),
        12,
    )


def supply_risk(
    global_supply: Mapping[str, float],
    sourcing: Mapping[str, float],
    wgi: Mapping[str, float],
    *,
    import_reliance: float,
    recycling_rate: float,
    substitution_index: float,
    trade: Mapping[str, float] | None = None,
) -> float:
    """Supply risk of the EU's list of critical raw materials.

    SR = [HHI_WGI,t(global) IR/2 + HHI_WGI,t(sourcing) (1 - IR/2)] (1 - EoL_RIR) SI_SR; the
    list calls a material critical from SR 1.0 on if its economic importance is at least 2.8.
    Compute it at the bottleneck stage. Blind to stocks, spare capacity and products.

    Parameters
    ----------
    global_supply, sourcing
        Shares by country of world supply, and of what the region actually takes.
    wgi
        Scaled governance, 0 to 10; see :func:`scaled_governance`.
    import_reliance
        Net imports / apparent use, 0 to 1.
    recycling_rate
        End-of-life recycling input rate, 0 to 1.
    substitution_index
        SI_SR, 0 to 1, 1 where nothing replaces it.
    trade
        See :func:`governance_concentration`.

    Raises
    ------
    UsageError
        If a rate is outside 0..1 or a score is missing.
    UndefinedMetricError
        If there is no supply.

    Notes
    -----
    Blengini et al. 2017, doi:10.2760/73303.

    Examples
    --------
    >>> supply_risk({"CN": 1.0}, {"CN": 1.0}, {"CN": 6.0}, import_reliance=1.0,
    ...             recycling_rate=0.0, substitution_index=1.0)
    6.0
    """
    rates = {
        "import_reliance": import_reliance,
        "recycling_rate": recycling_rate,
        "substitution_index": substitution_index,
    }
    for name, value in rates.items():
        if not 0 <= value <= 1:
            raise UsageError(f"supply_risk: {name} {value:g} is not within 0 to 1. Give a share.")
    world = governance_concentration(global_supply, wgi, trade)
    own = governance_concentration(sourcing, wgi, trade)
    mean = world * import_reliance / 2 + own * (1 - import_reliance / 2)
    return mean * (1 - recycling_rate) * substitution_index


def geopolrisk(
    production: Mapping[str, float],
    imports: Mapping[str, float],
    stability: Mapping[str, float],
    *,
    domestic: float,
) -> float:
    """GeoPolRisk midpoint score of one region for one material, 0 to 1.

    score = HHI(production) x sum_i g_i f_i / (p + F), g_i = (2.5 - wgi_PV,i) / 5, f_i imports,
    F their total, p domestic production. Blind to stocks, substitutes and who owns the plants.

    Parameters
    ----------
    production
        World production by country, any one unit.
    imports
        Imports of the region by country of origin.
    stability
        World Bank estimate of political stability, -2.5 to 2.5, by country of origin.
    domestic
        Domestic production, in the unit of imports.

    Raises
    ------
    UndefinedMetricError
        If nothing is produced, or the region neither makes nor imports any.
    UsageError
        If an origin has no score, or one outside its range.

    Notes
    -----
    Gemechu, Helbig, Sonnemann, Thorenz and Tuma 2016, doi:10.1111/jiec.12205.

    Examples
    --------
    >>> geopolrisk({"CN": 1.0}, {"CN": 50.0}, {"CN": -0.5}, domestic=50.0)
    0.3
    """
    from supplygraph.analysis.suppliers.concentration import concentration

    supply = domestic + sum(imports.values())
    if supply <= 0 or domestic < 0 or min(imports.values(), default=0.0) < 0:
        raise UndefinedMetricError("geopolrisk: the region neither makes nor imports any.")
    missing = sorted(name for name, flow in imports.items() if flow > 0 and name not in stability)
    if missing:
        raise UsageError(f"geopolrisk: no score for {', '.join(missing)}. Add each to the scores.")
    risk = sum(
        flow * scaled_governance(stability[name]) / 10
        for name, flow in sorted(imports.items())
        if flow > 0
    )
    return concentration(production) * risk / supply
