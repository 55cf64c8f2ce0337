import pytest

from supplygraph.errors import UsageError
from supplygraph.schema import REQUIRED_TABLES, table_names, table_schema
from supplygraph.schema.commands import kinds_by_command, result_fields

TYPES = {
    "id",
    "string",
    "number",
    "integer",
    "boolean",
    "enum",
    "list",
    "date",
    "unit",
    "expression",
}


@pytest.mark.parametrize("name", table_names())
def test_every_table_has_a_key_and_known_types(name):
    schema = table_schema(name)
    assert schema.key
    assert {column.type for column in schema.columns} <= TYPES
    assert len(set(schema.names)) == len(schema.names)


@pytest.mark.parametrize("name", table_names())
def test_references_point_at_columns_that_exist(name):
    for column in table_schema(name).columns:
        if column.references:
            table, target = column.references
            assert target in table_schema(table).names


@pytest.mark.parametrize("name", table_names())
def test_enums_list_values_and_defaults_are_among_them(name):
    for column in table_schema(name).columns:
        if column.type == "enum":
            assert column.values
            assert column.default in ("", *column.values)


def test_required_tables_are_tables():
    assert set(REQUIRED_TABLES) <= set(table_names())


def test_dates_of_capacity_may_be_blank_and_keys_may_have_defaults():
    capacities = table_schema("capacities")
    assert not capacities.column("from_date").required
    assert not capacities.column("line").required
    assert capacities.column("recipes").required


def test_unknown_column_is_hinted():
    with pytest.raises(UsageError, match=r"no column 'quantty'\. Did you mean 'quantity'\?"):
        table_schema("trade").column("quantty")


def test_ranges_come_from_the_schema():
    assert table_schema("countries").column("wgi").bounds == (-2.5, 2.5)
    assert table_schema("trade").column("quantity").bounds == (0.0, float("inf"))


@pytest.mark.parametrize("kind", [kind for kinds in kinds_by_command().values() for kind in kinds])
def test_the_places_of_shown_columns_are_counted_from_one(kind):
    places = sorted(field.shown for field in result_fields(kind) if field.shown)
    assert places == list(range(1, len(places) + 1)) and places
