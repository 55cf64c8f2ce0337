"""Names, codes and any case in place of ids, as users type them."""

import json

import pytest

pytestmark = pytest.mark.sampled

JSON = ("--format", "json")


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        (
            ["chokepoints", "--product", "EV", "--region", "japan", "--sector", "Cars"],
            ["chokepoints", "--product", "ev", "--region", "JP", "--sector", "autos"],
        ),
        (["whatif", "--remove", "country=China"], ["whatif", "--remove", "country=CN"]),
        (
            ["whatif", "--remove", "country=chn stage=Mines"],
            ["whatif", "--remove", "country=CN stage=mine"],
        ),
        (
            ["whatif", "--remove", "id=Mine A share=0.5"],
            ["whatif", "--remove", "id=mine-a share=0.5"],
        ),
        (["whatif", "--remove", "country=156|392"], ["whatif", "--remove", "country=CN|JP"]),
        (
            ["cover", "--product", "car", "--region", "JPN"],
            ["cover", "--product", "ev", "--region", "JP"],
        ),
        (
            ["cover", "--remove", "country=china", "--each"],
            ["cover", "--remove", "country=CN", "--each"],
        ),
        (["trace", "Cars"], ["trace", "ev"]),
        (["explain", "mine a", "China"], ["explain", "mine-a", "CN"]),
        (["balance", "--intervals", "ORE-A"], ["balance", "--intervals", "ore-a"]),
        (
            ["structure", "--metric", "esri", "--product", "EV"],
            ["structure", "--metric", "esri", "--product", "ev"],
        ),
    ],
)
def test_the_same_bytes_as_with_ids(toy, spoken, written):
    told = toy(*spoken, *JSON)
    assert told.code == 0, told.err
    assert told == toy(*written, *JSON)


def test_params_hold_the_ids(toy):
    done = toy("whatif", "--remove", "country=China", "--product", "Car", *JSON)
    params = done.envelope["params"]
    assert (params["remove"], params["product"]) == (["country=CN"], "ev")


def test_piped_rows_and_names(toy):
    rows = toy("chokepoints", "--format", "tsv").out
    piped = toy("whatif", "--remove", "-", *JSON, stdin=rows)
    assert piped.envelope["params"]["remove"] == ["id=mine-a", "id=plant-b"]
    named = toy("whatif", "--remove", "-", *JSON, stdin="Mine A\nplant b\n")
    assert named.out == piped.out


@pytest.mark.slow
def test_what_stops_deals(run):
    spoken = run(
        "deals", "--by", "deal", "--without", "country=China", "--pool", "usa,europe", *JSON
    )
    params = json.loads(spoken.out)["params"]
    assert (params["without"], params["pool"]) == ("country=CN", ["US", "EU"])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["chokepoints", "--region", "Japann"],
            "no region 'Japann' in demand. Did you mean 'JP' (Japan)?",
        ),
        (
            ["whatif", "--remove", "country=Chinna"],
            "no country 'Chinna'. Did you mean 'CN' (China)?",
        ),
        (["whatif", "--remove", "Cuntry=China"], "unknown key 'cuntry'. Did you mean 'country'?"),
        (["explain", "Mine Q"], "nothing has the id 'Mine Q'. Did you mean 'mine-a' (Mine A)?"),
        (["chokepoints", "--by", "Contry"], "--by 'Contry' is not known. Did you mean 'country'?"),
        (["chokepoints", "--prodct", "ev"], "No such option: --prodct"),
        (["chokepoint"], "No such command 'chokepoint'. Did you mean 'chokepoints'? See"),
    ],
)
def test_slips(toy, arguments, told):
    done = toy(*arguments)
    assert (done.code, done.out) == (2, "")
    *notes, last = done.err.splitlines()
    assert last.startswith("error: ") and told in last
    assert not [line for line in notes if not line.startswith("balance: ")]
