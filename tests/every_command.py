"""Every command of the program with arguments that reach its tables, for `same_outputs`."""

from __future__ import annotations

from collections.abc import Iterator

# Each command with arguments that reach its own tables; `--format json` is added.
AS_JSON = """
info
validate
validate three-nodes
balance
balance --moved 0.05 --role fit
balance --held
balance --flows
balance --intervals ndfeb-hre
balance --deciding
chokepoints --by facility
chokepoints --by country
chokepoints --by country-stage
chokepoints --by country-process
chokepoints --by operator
chokepoints --by element
chokepoints --by element-country
chokepoints --by arc
chokepoints --by facility --at 2030-12 --projects announced
chokepoints --by country-process --product ev --region US --rerouting shared
chokepoints --by country-process --as outage --after 36 --no-floors
chokepoints --by country --outside CN --as export-stop
chokepoints --by country-stage --weights all --top 10
chokepoints --by country-process --rerouting none --weights mass
chokepoints --by country --rerouting least --weights equal --top 5
chokepoints --by country-process --weights value --fail-if 'loss_abroad_none>0.2'
whatif --remove country=CN
whatif --remove 'country=CN process=heavy' --product f-35
whatif --remove 'country=MM share=0.5' --remove id=au-mt-weld --region JP --rerouting shared
whatif --remove 'country=CN process=heavy' --as export-stop --no-floors
whatif --remove measure=CN-2025-18 --as export-stop --outside CN
whatif --remove 'element=Nd market=CN' --forms all --weights sectors
whatif --measure CN-2025-18 --at 2025-05 --product ev
whatif --measure CN-2025-18 --set CN-2025-18.approval.US=0.3 --at 2025-05
whatif --remove country=CN --project au-nolans-sep --at 2030-01
whatif --remove country=CN --at 2030-12 --projects announced --weights mass
explain f-35 ev ice wind-offshore
explain CN MM us-mountain-pass Dy ndfeb-hre dy-oxide lynas
explain CN-2025-18 TR-2025-GENEVA CN-2025-61-CONTENT US-2025-RECIP US-2027-DFARS
explain au-nolans-sep US-MP-FLOOR JP-LYC-2026 'ndfeb-hre:CN>US'
structure
structure --by owner
structure --process heavy
structure --region US
structure --region EU --element Dy
structure --region JP
structure --metric dominators
structure --metric dominators --product ev --links base
structure --metric vitality
structure --metric vitality --element Dy --by facility
structure --metric betweenness
structure --metric shapley --product ev
structure --metric esri
structure --metric eu-supply-risk --region US --governance scores.csv
structure --metric geopolrisk --region EU --governance scores.csv
trace ev --region US --element Dy
trace f-35 --element Sm --by owner
trace ev --ranges none --by all
trace wind-offshore --region EU
cover
cover --product ev --region US
cover --product f-35 --remove 'country=CN process=heavy' --ttr 11
cover --remove country=CN
cover --remove country=CN --remove country=MM --each --region US
cover --inferred april-2025-shock
compare april-2025-shock no-london
compare busan-window snapback-2026-partial --months 6 --by product --rerouting all
deals
deals --by project
deals --by deal
backtest april-2025-shock
comply US-2019-DFARS
comply US-2027-DFARS --at 2027-06
comply CN-2025-61-CONTENT --compliance 0.5 --product ev
comply US-2027-DFARS --at 2030-01 --project au-nolans-sep --region US
scenario list
scenario show april-2025-shock
scenario show tariffs-2025
scenario show tech-denial
scenario show busan-window
scenario show october-full
scenario show april-2025-military
scenario show kl-tokyo-canberra --month 2028-01
scenario show examples/half-of-burma.yaml
scenario run april-2025-shock --by-month --rerouting all
scenario run april-2025-shock --by element
scenario run april-2025-military --rationing priority
scenario run october-licences --measure CN-2025-61-CONTENT --months 6 --region JP
scenario run tech-denial --cover central
scenario run kachin-2024 --months 12
scenario run kl-tokyo-canberra --months 12 --rerouting qualified --cover low
scenario run tariffs-2025 --months 6 --project au-nolans-sep
scenario run examples/half-of-burma.yaml --rerouting none
scenario account april-2025-shock --months 3
scenario account april-2025-shock --months 3 --by item --by-month --cover central
scenario account april-2025-shock --months 3 --by region --rerouting none
scenario duties tariffs-2025
scenario duties tariffs-2025 --by-month --price ndfeb-hre=48465
scenario duties april-2025-shock --set 'CN-2025-18.leak={share: 0.3, via: [TH], premium: 0.5}'
"""
# As typed: what has no table, and errors.
AS_TYPED = """
supplygraph init mine && supplygraph validate mine
supplygraph view -o page.html
supplygraph view --product ev --region US --at 2027-01 --no-scenarios -o record.json
supplygraph view --no-scenarios --scenario no-london --deals late-24 -o months.html
supplygraph export --to chain
supplygraph export --all-edges --intervals --to chain.graphml
supplygraph export --to chain.gexf
supplygraph export --to chain.cyjs
supplygraph scenario account april-2025-shock --months 3 --page account.html -o account.csv
supplygraph schema
supplygraph schema facilities
supplygraph schema observations
supplygraph schema licence
supplygraph schema tariff
supplygraph schema scenario-file
supplygraph schema measure-file
supplygraph chokepoints --by planet
supplygraph whatif --remove country=XX
supplygraph whatif
supplygraph whatif --remove country=CN --rationing proportional
supplygraph chokepoints --rerouting both
supplygraph chokepoints --fail-if 'loss_none>0.2'
supplygraph explain nothing
supplygraph scenario run no-such
supplygraph trace ev --element Xx
supplygraph structure --metric beauty
"""
SCHEMAS_OF_RESULTS = (
    "info validate balance chokepoints whatif explain structure trace cover view scenario compare "
    "deals backtest comply"
)
# Small datasets, solved in no time: they reach what the shipped one does not hold.
EXAMPLES = ("three-nodes", "esri-toy", "time-to-recover", "time-to-recover-tiers")
ON_EXAMPLES = """
info
balance
chokepoints
chokepoints --by country-process
cover
structure
structure --metric dominators
structure --metric esri
"""


def every_command() -> Iterator[str]:
    """Commands of the lists above as a user types them."""
    for line in AS_JSON.strip().splitlines():
        yield f"supplygraph {line} --format json"
    yield from AS_TYPED.strip().splitlines()
    for name in SCHEMAS_OF_RESULTS.split():
        yield f"supplygraph schema {name}"
    for name in EXAMPLES:
        for line in ON_EXAMPLES.strip().splitlines():
            yield f"supplygraph --dataset {name} {line} --format json"
