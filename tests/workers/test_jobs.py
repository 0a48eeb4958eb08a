"""The jobs by which processes share a store: their schema, joining, being taken for dead, and coming back."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

import psycopg
import pytest
from procrastinate.schema import SchemaManager, migrations_path
from sqlalchemy import make_url

from casewarden.sidecar import jobs
from casewarden.sidecar.assembly import StartError
from casewarden.sidecar.jobs import Duty, address
from casewarden.sidecar.jobs_schema import OWN_TABLES, SCHEMA, note, prepare
from casewarden.sidecar.membership import Member
from casewarden.store.database import Database, StoreError
from casewarden.store.slots import partitions

ALL = [Duty(jobs.PARTITIONS, f"{number:04}") for number in range(4)]
SHAPE = """
SELECT proname, pg_get_functiondef(pg_proc.oid) FROM pg_proc WHERE pronamespace = %(schema)s::text::regnamespace
UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = %(schema)s::text
UNION ALL SELECT conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = %(schema)s::text::regnamespace
UNION ALL SELECT tgrelid::regclass || ' ' || tgname, pg_get_triggerdef(pg_trigger.oid) FROM pg_trigger
    JOIN pg_class ON pg_class.oid = tgrelid WHERE relnamespace = %(schema)s::text::regnamespace AND NOT tgisinternal
UNION ALL SELECT table_name || '.' || column_name, concat_ws(' ', udt_name, is_nullable, column_default)
    FROM information_schema.columns WHERE table_schema = %(schema)s::text
"""


def info(url: str) -> str:
    return address(make_url(url))


@contextmanager
def asked(url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(info(url), autocommit=True) as connection:
        yield connection


def shape(connection: psycopg.Connection) -> set[tuple[str, str]]:
    return set(connection.execute(SHAPE, {"schema": SCHEMA}).fetchall())


def older(connection: psycopg.Connection, before: str) -> list[str]:
    """Make the schema as a procrastinate before some version did; the steps that are missing."""
    steps = sorted(migrations_path.glob("*.sql"))
    done = [path for path in steps if path.name < before]
    connection.execute(f"CREATE SCHEMA {SCHEMA}")
    for path in done:
        connection.execute(path.read_bytes())
    connection.execute(OWN_TABLES)
    note(connection, [path.name for path in done])
    return [path.name for path in steps if path not in done]


# -- the schema


def test_any_number_of_processes_may_make_the_schema_at_once(bare_postgres_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(prepare, [info(bare_postgres_url)] * 4))
    with asked(bare_postgres_url) as connection:
        assert connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)


def test_a_schema_of_an_older_procrastinate_becomes_the_one_of_this(bare_postgres_url: str, postgres_url: str) -> None:
    prepare(info(postgres_url))
    with asked(postgres_url) as fresh, asked(bare_postgres_url) as connection:
        missing = older(connection, "03.02")
        assert any("_post_" in name for name in missing)
        prepare(info(bare_postgres_url))
        assert shape(connection) == shape(fresh)


def test_what_older_processes_need_is_taken_away_once_none_runs(bare_postgres_url: str) -> None:
    with asked(bare_postgres_url) as connection:
        missing = older(connection, "03.02")
        first = next(name for name in missing if "_post_" in name)
        connection.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
        known = "SELECT count(*) FROM applied_step WHERE name >= %s"
        prepare(info(bare_postgres_url))
        assert connection.execute(known, (first,)).fetchone() == (0,)
        assert connection.execute(known, (missing[0],)).fetchone() != (0,)
        connection.execute("DELETE FROM procrastinate_workers")
        prepare(info(bare_postgres_url))
        assert connection.execute(known, (missing[0],)).fetchone() == (len(missing),)


def test_another_application_may_use_procrastinate_in_the_same_database(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as theirs:
        theirs.execute(SchemaManager.get_schema())
        prepare(info(postgres_url))
        with asked(postgres_url) as connection:
            connection.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
        assert theirs.execute("SELECT count(*) FROM procrastinate_workers").fetchone() == (0,)


def test_who_may_not_make_a_schema_is_told_what_to_do(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DO $$ BEGIN CREATE ROLE casewarden_limited; EXCEPTION WHEN duplicate_object THEN END $$")
    limited = make_url(postgres_url).update_query_dict({"options": "-c role=casewarden_limited"})
    with pytest.raises(StoreError, match="may not make the schema") as told:
        prepare(address(limited))
    assert "GRANT CREATE ON DATABASE" in str(told.value.fix)


# -- members


@dataclass
class Hands:
    """What a process does with its duties: it holds them until they are to end."""

    has: set[Duty] = field(default_factory=set)
    changed: threading.Condition = field(default_factory=threading.Condition)
    rung: threading.Event = field(default_factory=threading.Event)

    def begin(self, duty: Duty) -> None:
        with self.changed:
            self.has.add(duty)
            self.changed.notify_all()

    def end(self, duty: Duty) -> "Future[None]":
        with self.changed:
            self.has.discard(duty)
            self.changed.notify_all()
        done: Future[None] = Future()
        done.set_result(None)
        return done

    def until(self, so: Callable[[set[Duty]], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: so(self.has), 60), self.has


@contextmanager
def member(url: str, hands: Hands, polls: tuple[str, ...] = (), count: int = 4) -> Iterator[tuple[Member, Database]]:
    with closing(Database(url)) as database:
        one = Member(database, count, polls, begin=hands.begin, end=hands.end, mail=hands.rung.set)
        one.start()
        try:
            yield one, database
        finally:
            one.leave()
            one.thread.join(60)
        assert not one.thread.is_alive()


def test_who_is_declared_dead_is_so_only_between_its_transactions_and_comes_back(postgres_url: str) -> None:
    hands, parts = Hands(), partitions(4)
    bury = {"me": 0, "stale": -60.0, "alive": jobs.ALIVE_LOCK, "writing": jobs.WRITING_LOCK}  # everybody is late
    with member(postgres_url, hands) as (one, database), asked(postgres_url) as other:
        hands.until(lambda has: has == set(ALL))
        assert one.is_ours()
        with database.write() as connection:
            assert list(one.hold(connection, parts)) == parts
            assert other.execute(jobs._BURY, bury).fetchall() == []
        me = one._me
        with hands.changed:  # so that it cannot come back before it was asked
            assert other.execute(jobs._BURY, bury).fetchall() == [(me,)]
            with database.write() as connection:
                assert list(one.hold(connection, parts)) == []
            assert hands.changed.wait_for(lambda: not hands.has, 60)
        hands.until(lambda has: has == set(ALL))
        assert one._me != me
        assert one.is_ours()
    assert hands.has == set()


def test_a_member_whose_sessions_end_joins_again(postgres_url: str) -> None:
    hands = Hands()
    with member(postgres_url, hands) as (one, _), psycopg.connect(postgres_url, autocommit=True) as other:
        hands.until(lambda has: has == set(ALL))
        me = one._me
        ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'casewarden %'"
        with hands.changed:
            other.execute(ends)
            assert hands.changed.wait_for(lambda: not hands.has, 60)
        hands.until(lambda has: has == set(ALL))
        assert one._me != me


def test_a_process_that_hangs_within_its_heartbeat_is_buried_all_the_same(postgres_url: str) -> None:
    prepare(info(postgres_url))
    with asked(postgres_url) as other, psycopg.connect(info(postgres_url)) as hung:
        row = other.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id").fetchone()
        hung.execute("UPDATE procrastinate_workers SET last_heartbeat = now() WHERE id = %s", row)  # and no commit
        other.execute("SET lock_timeout = '60s'")
        bury = {"me": 0, "stale": jobs.STALE, "alive": jobs.ALIVE_LOCK, "writing": jobs.WRITING_LOCK}
        assert other.execute(jobs._BURY, bury).fetchone() == row
        with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
            hung.execute("SELECT 1")


def test_a_process_that_hangs_in_a_transaction_without_a_limit_is_cut_off(postgres_url: str) -> None:
    hands = Hands()
    with member(postgres_url, hands), asked(postgres_url) as other, psycopg.connect(postgres_url) as hung:
        hands.until(lambda has: has == set(ALL))
        hung.execute("SELECT pg_advisory_xact_lock_shared(%s, 4711)", (jobs.WRITING_LOCK,))
        other.execute(
            "INSERT INTO procrastinate_workers (id, last_heartbeat) OVERRIDING SYSTEM VALUE "
            "VALUES (4711, now() - interval '1 hour')"
        )
        with pytest.raises(psycopg.OperationalError):
            hung.execute("SELECT pg_sleep(60)")


def test_two_members_have_everything_between_them(postgres_url: str) -> None:
    left, right = Hands(), Hands()
    polls = {Duty(jobs.POLLS, name) for name in ("desk", "status")}
    with member(postgres_url, left, ("desk", "status")):
        left.until(lambda has: has == {*ALL, *polls})
        with member(postgres_url, right, ("desk", "status")):
            right.until(lambda has: len(has) == 3)
            left.until(lambda has: len(has) == 3)
            assert left.has | right.has == {*ALL, *polls}
        assert right.has == set()
        left.until(lambda has: has == {*ALL, *polls})


def test_a_connector_that_a_configuration_does_not_have_is_not_polled(postgres_url: str) -> None:
    hands, desk = Hands(), Duty(jobs.POLLS, "desk")
    prepare(info(postgres_url))
    with asked(postgres_url) as other:
        other.execute(
            "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(%s, 'poll', 0, 'poll-gone', 'poll-gone', "
            '\'{"name": "gone"}\', NULL)]::procrastinate_job_to_defer_v1[])',
            (jobs.POLLS,),
        )
        with member(postgres_url, hands, ("desk",)):
            hands.until(lambda has: has == {*ALL, desk})
            assert other.execute(
                "SELECT lock FROM procrastinate_jobs WHERE queue_name = %s", (jobs.POLLS,)
            ).fetchall() == [("poll-desk",)]


def test_mail_rings(postgres_url: str) -> None:
    hands = Hands()
    with member(postgres_url, hands), asked(postgres_url) as other:
        hands.until(lambda has: has == set(ALL))
        other.execute("NOTIFY casewarden_mail")
        assert hands.rung.wait(60)


def test_partitions_are_counted_alike(postgres_url: str) -> None:
    hands = Hands()
    with member(postgres_url, hands):
        hands.until(lambda has: has == set(ALL))
        with (
            pytest.raises(StartError, match="share 4 partitions, and this one has 8"),
            member(postgres_url, Hands(), count=8),
        ):
            pass
    with member(postgres_url, hands, count=8):
        hands.until(lambda has: len(has) == 8)
