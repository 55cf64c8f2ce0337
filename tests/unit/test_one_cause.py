"""One slip is one fault, however many cells it breaks."""

import pytest
from toy import EXAMPLE, faults, toy

pytestmark = pytest.mark.sampled

TRADE = (EXAMPLE / "trade.csv").read_text()
HEADER, ROW = TRADE.splitlines()
DEMAND = (EXAMPLE / "demand.csv").read_text()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"sep=,\n{TRADE}", "trade.csv row 1: 'sep=' is above the header, which is in row 2."),
        (
            "sep=;\n" + TRADE.replace(",", ";"),
            "trade.csv row 2: columns are separated by semicolons. Save it with commas",
        ),
        (
            f"{HEADER}\n{ROW}\n{ROW.replace('90', '90,5')}\n".replace(",", ";").replace(
                "0;5", "0,5"
            ),
            "trade.csv row 1: columns are separated by semicolons.",
        ),
        (TRADE.replace(",", "|"), "columns are separated by vertical bars"),
        (TRADE.replace(",", "\t"), "columns are separated by tabs"),
        (f'"{HEADER}"\n"{ROW}"\n', "trade.csv row 1: each row is one quoted field. Remove"),
        (f"Rare earth trade 2024,,,,,,\n{TRADE}", "'Rare earth trade 2024' is above the header"),
        (f"Trade of 2024\n\n(tonnes)\n\n{TRADE}", "which is in row 5. Delete rows 1 to 3."),
        (f",,,,tonnes,,\n{TRADE}", "'tonnes' is above the header, which is in row 2"),
        (ROW + "\n", "trade.csv row 1: no cell is the name of a column. Write the names"),
    ],
)
def test_what_stands_above_the_rows(tmp_path, text, told):
    (found,) = faults(toy(tmp_path, trade=text))
    assert told in found


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ('"Source: customs; e estimated",,,,,,', "row 3: 'Source: customs; e estimated' is no row"),
        ("Source: customs", "row 3: row has 1 field where the header has 7"),
        ("Source: a,,,,,,\n,,,,,,\nW withheld,,,,,,\n", "is no row of the table (rows 3 to 5)"),
        ("e estimated,,,,,,\nW withheld,,,,,,", "'e estimated' is no row of the table (rows 3 to"),
        ("Total,,,,180,,", "'Total, 180' is no row of the table. Delete it, or fill from, to"),
        (",,,,180,t_reo,", "'180, t_reo' is no row of the table."),
        (HEADER, "is the header again. Delete it."),
    ],
)
def test_what_stands_below_the_rows(tmp_path, rows, told):
    """Blanks are no places: a note is not both origin and destination of a flow."""
    (found,) = faults(toy(tmp_path, ("trade", rows)))
    assert told in found


@pytest.mark.slow
def test_a_note_in_any_table_is_one_fault(tmp_path):
    for number, path in enumerate(sorted(EXAMPLE.glob("*.csv"))):
        width = path.read_text().splitlines()[0].count(",")
        folder = toy(tmp_path / str(number), (path.stem, "Source: own survey" + "," * width))
        (found,) = faults(folder)
        assert found.startswith(f"{path.name} row ")
        assert "'Source: own survey' is no row of the table" in found


def test_a_row_that_lacks_one_cell_names_the_cell(tmp_path):
    (found,) = faults(toy(tmp_path, ("trade", "ore-a,CN,,2024,5,t_reo,fit")))
    assert found.startswith("trade.csv row 3, to: value is missing.")


def test_decimal_commas_in_every_row_are_one_fault(tmp_path):
    text = DEMAND + "ev,CN,1,5,2024\n" * 9
    (found,) = faults(toy(tmp_path, demand=text))
    assert found.startswith("demand.csv row 3: rows 3, 4, 5, 6, 7 and 4 more have 5 fields where")


def test_column_names_as_a_spreadsheet_writes_them_are_one_fault(tmp_path):
    text = DEMAND.replace("product,market,units,year", "Product,MARKET,units,Year")
    (found,) = faults(toy(tmp_path, demand=text))
    assert found == (
        "demand.csv row 1, header: 'Product, MARKET, Year' is not written as in the schema. "
        "Write product, market, year."
    )


def test_a_misspelled_column_is_not_missing_besides(tmp_path):
    (found,) = faults(toy(tmp_path, demand=DEMAND.replace("units", "unlts")))
    assert "'unlts' is not a column of this table. Did you mean 'units'?" in found


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_another_encoding_is_one_fault(tmp_path, encoding):
    folder = toy(tmp_path)
    text = (EXAMPLE / "countries.csv").read_text().replace("China", "Chiné")
    (folder / "countries.csv").write_bytes(text.encode(encoding))
    (found,) = faults(folder)
    assert found.startswith("countries.csv row ")


def test_a_byte_order_mark_is_none(tmp_path):
    folder = toy(tmp_path)
    (folder / "trade.csv").write_bytes(b"\xef\xbb\xbf" + TRADE.encode())
    assert faults(folder) == []


def test_a_quantity_without_a_figure_in_a_loop_is_one_fault(tmp_path):
    """A recipe of unknown size says nothing of gains, nor of what a capacity counts."""
    width = len((EXAMPLE / "recipes.csv").read_text().splitlines()[0].split(",")) - 5
    rows = f"back,ore-a,out,0.5,{',' * width}\nback,mag-a,in,none,true{',' * width}"
    (found,) = faults(toy(tmp_path, ("recipes", rows)))
    assert "quantity: 'none' is a mark that gives no figure" in found
