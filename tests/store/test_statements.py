"""Statements given to the driver as they are: the same on both databases, values, lists and counts."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from casewarden.store.database import Database
from casewarden.store.statements import Statement

PUT = Statement("INSERT INTO setting (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING")
DROP = Statement("DELETE FROM setting WHERE name = :name")
NAMED = Statement("SELECT name, value FROM setting WHERE value LIKE '%' AND name IN :names* ORDER BY name")
OTHERS = Statement("SELECT name FROM setting WHERE length(name) = 1 AND name NOT IN :names* ORDER BY name")
NUMBERED = Statement("SELECT :given AS given FROM setting WHERE length(value) IN :lengths* LIMIT :most")
ABC = [{"name": name, "value": name * size} for size, name in enumerate("abc", start=1)]


def names(connection: Connection) -> list[str]:
    return list(connection.execute(text("SELECT name FROM setting WHERE length(name) = 1 ORDER BY name")).scalars())


def test_rows_are_written_and_counted(database: Database) -> None:
    with database.write() as connection:
        assert PUT.run(connection, ABC) == 3
        assert names(connection) == ["a", "b", "c"]


def test_rows_that_are_there_are_not_counted(database: Database) -> None:
    with database.write() as connection:
        assert PUT.run(connection, ABC[1:2]) == 1
        assert PUT.run(connection, ABC) == 2
        assert PUT.run(connection, ABC) == 0
        assert PUT.run(connection, ABC[:1]) == 0


def test_a_statement_with_one_value_takes_rows_as_well(database: Database) -> None:
    with database.write() as connection:
        PUT.run(connection, ABC)
        assert DROP.run(connection, [{"name": "a"}, {"name": "x"}, {"name": "c"}]) == 2
        assert names(connection) == ["b"]


@pytest.mark.parametrize("wanted", [[], ["a"], ["c", "a", "a", "x"]])
def test_a_list_of_texts(database: Database, wanted: list[str]) -> None:
    with database.write() as connection:
        PUT.run(connection, ABC)
        rows = NAMED.ask(connection, names=wanted).all()
    assert [{"name": row.name, "value": row.value} for row in rows] == [one for one in ABC if one["name"] in wanted]


@pytest.mark.parametrize(("unwanted", "left"), [([], "abc"), (["a"], "bc"), (["c", "a", "x"], "b")])
def test_what_is_not_in_a_list(database: Database, unwanted: list[str], left: str) -> None:
    with database.write() as connection:
        PUT.run(connection, ABC)
        assert OTHERS.ask(connection, names=unwanted).scalars() == list(left)


def test_a_list_of_numbers_of_any_size_among_other_values(database: Database) -> None:
    with database.write() as connection:
        PUT.run(connection, ABC)
        assert NUMBERED.ask(connection, given=2**62, lengths=[2, 3, 2**62, -(2**62)], most=5).scalars() == [
            2**62,
            2**62,
        ]
        assert NUMBERED.ask(connection, given=1, lengths=[1, 2, 3], most=1).scalars() == [1]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), unique=True, max_size=5))
def test_whatever_a_text_has_in_it_is_found_again(database: Database, texts: list[str]) -> None:
    rows = [{"name": f"={one}", "value": f"of {one}"} for one in texts]  # what the schema keeps there has no such name
    with database.write() as connection:
        if rows:
            assert PUT.run(connection, rows) == len(rows)
        found = NAMED.ask(connection, names=[row["name"] for row in rows]).all()
        assert {row.name: row.value for row in found} == {row["name"]: row["value"] for row in rows}
        connection.rollback()


def test_a_value_that_is_not_given_is_an_error(database: Database) -> None:
    with database.write() as connection, pytest.raises(KeyError):
        PUT.run(connection, [{"name": "a"}])


def test_what_the_database_refuses_is_raised_as_sqlalchemy_does(database: Database) -> None:
    twice = Statement("INSERT INTO setting (name, value) VALUES (:name, :value)")
    with pytest.raises(IntegrityError), database.write() as connection:
        twice.run(connection, [*ABC, ABC[0]])
    with pytest.raises(DBAPIError), database.read() as connection:
        Statement("SELECT nothing FROM nowhere WHERE name = :name").ask(connection, name="a")
    with database.read() as connection:
        assert names(connection) == []


def test_who_listens_to_statements_hears_of_these(database: Database) -> None:
    heard: list[str] = []

    def note(_: object, __: object, sql: str, *___: object) -> None:
        heard.append(sql)

    event.listen(database.engine(), "before_cursor_execute", note)
    with database.write() as connection:
        assert PUT.run(connection, ABC) == 3
        assert [row.value for row in NAMED.ask(connection, names=["b"])] == ["bb"]
    assert [sql.split()[0] for sql in heard if "setting" in sql] == ["INSERT", "SELECT"]


def test_an_expression_without_a_name(database: Database) -> None:
    with database.write() as connection:
        PUT.run(connection, ABC)
        lengths = Statement("SELECT max(length(value)), name AS of FROM setting WHERE name IN :names* GROUP BY name")
        (row,) = lengths.ask(connection, names=["c"])
        assert (row[0], row.of) == (3, "c")
        assert lengths.ask(connection, names=["x"]).first() is lengths.ask(connection, names=["x"]).scalar() is None
