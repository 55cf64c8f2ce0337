"""Measures and modifiers, one file per kind; each model documents itself.

Heavy to import: pydantic builds a validator for every kind. Import it where a scenario is read.
"""

from __future__ import annotations

from supplygraph.scenario.measures.ban import Ban
from supplygraph.scenario.measures.base import Entry, Measure
from supplygraph.scenario.measures.content_rule import ContentRule
from supplygraph.scenario.measures.demand_shift import DemandShift
from supplygraph.scenario.measures.end_use_denial import EndUseDenial
from supplygraph.scenario.measures.entity_listing import EntityListing
from supplygraph.scenario.measures.general_licence import GeneralLicence
from supplygraph.scenario.measures.import_restriction import ImportRestriction
from supplygraph.scenario.measures.licence import Licence
from supplygraph.scenario.measures.modifier import Modifier
from supplygraph.scenario.measures.outage import Outage
from supplygraph.scenario.measures.price_floor import PriceFloor
from supplygraph.scenario.measures.quota import Quota
from supplygraph.scenario.measures.record import LEGAL_KINDS, Record
from supplygraph.scenario.measures.slow_walking import SlowWalking
from supplygraph.scenario.measures.stock_release import StockRelease
from supplygraph.scenario.measures.stockpile import Stockpile
from supplygraph.scenario.measures.substitution import Substitution
from supplygraph.scenario.measures.suspension import Suspension
from supplygraph.scenario.measures.tariff import Tariff
from supplygraph.scenario.measures.technology_denial import TechnologyDenial
from supplygraph.scenario.measures.truce import Truce

MEASURES: dict[str, type[Measure]] = {
    "licence": Licence,
    "ban": Ban,
    "quota": Quota,
    "end_use_denial": EndUseDenial,
    "entity_listing": EntityListing,
    "outage": Outage,
    "stock_release": StockRelease,
    "stockpile": Stockpile,
    "demand_shift": DemandShift,
    "content_rule": ContentRule,
    "import_restriction": ImportRestriction,
    "tariff": Tariff,
    "price_floor": PriceFloor,
    "substitution": Substitution,
    "technology_denial": TechnologyDenial,
}
MODIFIERS: dict[str, type[Modifier]] = {
    "truce": Truce,
    "suspension": Suspension,
    "slow_walking": SlowWalking,
    "general_licence": GeneralLicence,
}
KINDS: dict[str, type[Entry]] = {**MEASURES, **MODIFIERS}
AnyMeasure = (
    Licence
    | Ban
    | Quota
    | EndUseDenial
    | EntityListing
    | Outage
    | StockRelease
    | Stockpile
    | DemandShift
    | ContentRule
    | ImportRestriction
    | Tariff
    | PriceFloor
    | Substitution
    | TechnologyDenial
)
AnyModifier = Truce | Suspension | SlowWalking | GeneralLicence

__all__ = [
    "KINDS",
    "LEGAL_KINDS",
    "MEASURES",
    "MODIFIERS",
    "AnyMeasure",
    "AnyModifier",
    "Ban",
    "ContentRule",
    "DemandShift",
    "EndUseDenial",
    "EntityListing",
    "Entry",
    "GeneralLicence",
    "ImportRestriction",
    "Licence",
    "Measure",
    "Modifier",
    "Outage",
    "PriceFloor",
    "Quota",
    "Record",
    "SlowWalking",
    "StockRelease",
    "Stockpile",
    "Substitution",
    "Suspension",
    "Tariff",
    "TechnologyDenial",
    "Truce",
]
