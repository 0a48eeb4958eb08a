"""Three weeks under five policies, in which at every step holds what must hold; `bench/year.py` lives a year."""

from pathlib import Path

from casewarden.store.database import Database
from casewarden.store.schema import upgrade
from support.year import Size, Year, first_of_january


def test_three_weeks_under_five_policies_break_no_invariant(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'year.db'}")
    upgrade(database)
    lived = Year(
        database, tmp_path / "rules", Size(customers=25, cases=120, days=21, hours=6), first_of_january()
    ).live()
    database.close()
    assert lived.cases == 120
    assert lived.decisions > lived.events > 700
    assert lived.actions > 50
    assert lived.breaches > 20
