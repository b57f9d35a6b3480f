"""What SQLite and PostgreSQL word differently: prepared statements, inserts that ignore rivals, locks."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, CursorResult, Dialect, Engine, Result
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement, Select
from sqlalchemy.types import TypeEngine

from aftercare.base.database import open_engine

_Convert = Callable[[Any], Any]
_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class PreparedStatement:
    """A statement compiled once per kind of database; `columns` are those an INSERT sets.

    SQLAlchemy takes several times as long to execute a short statement as SQLite does (0.06 against 0.01 ms warm, and
    much more when other work has emptied the processor's caches in between). Values and rows pass through the types of
    their columns as they do there, except types that need to know how the driver describes a column (Numeric).
    """

    def __init__(self, statement: Executable, columns: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._columns = columns
        self._compiled: dict[str, _CompiledStatement] = {}

    def run(self, connection: Connection, *rows: Mapping[str, Any]) -> int:
        """Run it with each of these values, within the transaction of `connection`; how many rows the last one met.

        Raises:
            sqlalchemy.exc.DBAPIError: as `connection.execute` does.
        """
        return int(self._for(connection).run(connection, rows).rowcount)

    def one_or_none(self, connection: Connection, values: Mapping[str, Any]) -> Any | None:
        """The first row of a SELECT as a named tuple; None when there is none.

        Raises:
            sqlalchemy.exc.DBAPIError: as `connection.execute` does.
        """
        compiled = self._for(connection)
        row = compiled.run(connection, [values]).fetchone()
        return None if row is None else compiled.read(row)

    def all(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """All rows of a SELECT as named tuples.

        Raises:
            sqlalchemy.exc.DBAPIError: as `connection.execute` does.
        """
        compiled = self._for(connection)
        return [compiled.read(row) for row in compiled.run(connection, [values]).fetchall()]

    def _for(self, connection: Connection) -> _CompiledStatement:
        found = self._compiled.get(connection.dialect.name)
        if found is None:
            found = _CompiledStatement(self._statement, self._columns, connection.dialect)
            self._compiled[connection.dialect.name] = found
        return found


class _CompiledStatement:
    def __init__(self, statement: Executable, columns: Sequence[str] | None, dialect: Dialect) -> None:
        compiled = cast(
            SQLCompiler, cast(ClauseElement, statement).compile(dialect=dialect, column_keys=columns and list(columns))
        )
        self._sql = str(compiled)
        self._errors = dialect.loaded_dbapi.Error
        self._order: Sequence[str] | None = compiled.positiontup if compiled.positional else None
        self._fixed: dict[str, Any] = {
            name: value for name, value in compiled.params.items() if not compiled.binds[name].required
        }
        self._binds = _converters({name: bind.type for name, bind in compiled.binds.items()}, "bind", dialect)
        if isinstance(statement, Select):
            types = {str(column.key): column.type for column in statement.selected_columns}
            self._row: Any = namedtuple("Row", types)  # type: ignore[misc]  # its fields are the statement's
            self._reads = _converters(dict(enumerate(types.values())), "result", dialect)

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> Any:
        """The driver's cursor after the last of the rows."""
        cursor = connection.connection.cursor()
        try:
            for row in rows:
                cursor.execute(self._sql, self._bound(row))
        except self._errors as error:
            if connection.dialect.is_disconnect(error, connection.connection, cursor):
                connection.invalidate(error)
            # without the values: they are what travellers write
            raise DBAPIError.instance(self._sql, None, error, self._errors, dialect=connection.dialect) from error
        return cursor

    def read(self, row: Sequence[Any]) -> Any:
        """The driver's row through the types of its columns."""
        values = list(row)
        for at, convert in self._reads:
            values[at] = convert(values[at])
        return self._row._make(values)

    def _bound(self, row: Mapping[str, Any]) -> Any:
        values = {**self._fixed, **row}
        for name, convert in self._binds:
            values[name] = convert(values[name])
        return values if self._order is None else [values[name] for name in self._order]


def _converters(types: Mapping[Any, TypeEngine[Any]], way: str, dialect: Dialect) -> list[tuple[Any, _Convert]]:
    """What changes values on their way in ("bind") or out ("result"), by name or place."""
    found: list[tuple[Any, _Convert]] = []
    for key, kind in types.items():
        here = kind.dialect_impl(dialect)
        convert = here.bind_processor(dialect) if way == "bind" else here.result_processor(dialect, None)
        if convert is not None:
            found.append((key, convert))
    return found


def rows_changed(result: Result[Any]) -> int:
    """How many rows an INSERT, UPDATE or DELETE met."""
    return cast(CursorResult[Any], result).rowcount


def inserted_id(result: Result[Any]) -> int:
    """The number that the database gave the row of an INSERT."""
    key = cast(CursorResult[Any], result).inserted_primary_key
    assert key is not None
    return int(key[0])


def begin_to_write(connection: Connection) -> None:
    """Begin a transaction that writes.

    SQLite's only write lock is taken now: at the first write it would be too late to wait for it, since what was read
    before would be outdated.
    """
    if not connection.in_transaction():
        connection.begin()
    if connection.dialect.name == "sqlite":
        _BEGIN_IMMEDIATE.run(connection, {})


_BEGIN_IMMEDIATE = PreparedStatement(sa.text("BEGIN IMMEDIATE"))


def insert(bind: Connection | Engine, table: Any) -> Any:
    """The INSERT of this database that knows ON CONFLICT; `table` is a table or a mapped class.

    Not a savepoint and IntegrityError: released as the first write of a pysqlite transaction, a savepoint commits it.
    """
    return _INSERT[bind.dialect.name](table)


def insert_or_ignore(bind: Connection | Engine, table: Any) -> Any:
    """The INSERT that leaves rows alone which are there already; it waits for a rival transaction."""
    return _insert_or_ignore(bind.dialect.name, table)


@lru_cache(maxsize=64)
def _insert_or_ignore(dialect: str, table: Any) -> Any:
    """Built once: that takes longer than running it."""
    return cast(Any, _INSERT[dialect](table)).on_conflict_do_nothing()


def advisory_lock(connection: Connection, *keys: int | str) -> None:
    """Let transactions that name one of the same keys run one after the other on PostgreSQL.

    SQLite has a single writer, so there a transaction's first write does the same.
    """
    if connection.dialect.name == "postgresql":
        for key in sorted(keys, key=str):  # always in one order: no deadlock
            number = key if isinstance(key, int) else sa.func.hashtextextended(key, 0)
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


def try_advisory_lock(connection: Connection, key: str) -> bool:
    """Take the lock until the transaction ends, unless another one has it; on SQLite True, since one process writes."""
    if connection.dialect.name != "postgresql":
        return True
    asked = sa.select(sa.func.pg_try_advisory_xact_lock(sa.func.hashtextextended(key, 0)))
    return bool(connection.execute(asked).scalar_one())


@contextmanager
def exclusive_transaction(
    url: str | URL, lock: int, timeout: float = 60.0, rebuilding: bool = False
) -> Iterator[Connection]:
    """A connection in a transaction beside which no other with the same `lock` runs; all or nothing.

    For what must not run twice at once, schema changes included: Python's sqlite3 begins no transaction before those,
    so here it is begun at once, with the write lock. `rebuilding`: SQLite, which changes a constraint by making the
    table anew, does not take its dropping for the deletion of rows that others refer to.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be reached, or a rival took longer than `timeout` seconds.
    """
    engine = open_engine(url, timeout)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _leave_transactions_to_us)
        if rebuilding:
            event.listen(engine, "connect", _check_no_references)
        event.listen(engine, "begin", _begin_immediate)
    try:
        with engine.begin() as connection:
            advisory_lock(connection, lock)
            yield connection
    finally:
        engine.dispose()


def _leave_transactions_to_us(connection: Any, _record: Any) -> None:
    connection.isolation_level = None


def _check_no_references(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA foreign_keys=OFF")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
