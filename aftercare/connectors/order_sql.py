"""Orders from the database a shop already has, read only: its tables are reflected, a YAML file says what is where."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from pydantic import Field, field_validator
from sqlalchemy.engine import Connection, make_url

from aftercare.base.money_and_dates import minor_units
from aftercare.catalogue.models import Entry, Text
from aftercare.catalogue.yaml_file import CatalogueError, YamlFile
from aftercare.connectors.order_rows import FIELDS, NEEDED, PlacedOrder, RowFault, Untranslated, orders_of


class SqlSourceError(Exception):
    """The shop database cannot be read as the mapping says; the message says what to change."""


class Join(Entry):
    """A further table: its rows belong to the row of the first table whose `to` column equals their `on` column.

    `required: false` keeps orders without such a row.
    """

    table: Text
    on: Text
    to: Text
    required: bool = True


class SqlMapping(Entry):
    """Where a shop database has what: field of an order → `table.column`, or `=value` for one that is always the same.

    `values` translates what a column holds (status: {bezahlt: paid}), `amounts` tells whether they are decimal or in
    minor units, `timezone` of which zone times without one are.
    """

    table: Text
    schema_name: Text | None = None
    joins: tuple[Join, ...] = ()
    columns: dict[Text, Text]
    values: dict[Text, dict[Text, Text]] = Field(default_factory=dict)
    amounts: Literal["decimal", "minor"] = "decimal"
    timezone: Text = "UTC"

    @field_validator("columns")
    @classmethod
    def _known_fields(cls, value: dict[str, str]) -> dict[str, str]:
        if unknown := sorted(set(value) - set(FIELDS)):
            raise ValueError(f"no such field: {', '.join(unknown)}. Fields are {', '.join(FIELDS)}")
        if missing := [name for name in NEEDED if name not in value]:
            raise ValueError(f"these fields are needed as well: {', '.join(missing)}")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("no such timezone; write a name like Europe/Berlin") from None
        return value


def read_mapping(path: Path) -> SqlMapping:
    """The mapping in a YAML file.

    Raises:
        CatalogueError: with file and line of every fault.
    """
    file = YamlFile(path)
    if not isinstance(file.data, dict):
        raise CatalogueError(f"{file.name}:1: the file must have `table` and `columns`")
    return file.validate(SqlMapping, file.data, ())


class SqlOrders:
    """An order source; opens read-only transactions where the database knows them."""

    name = "sql"

    def __init__(self, url: str, mapping: SqlMapping, timeout: float = 30.0) -> None:
        self._mapping = mapping
        parsed = make_url(url)
        arguments: dict[str, Any] = {}
        if parsed.get_backend_name() == "sqlite":
            if not Path(parsed.database or "").exists():
                raise SqlSourceError("ORDERS_SQL_URL: there is no such SQLite file")
            parsed = parsed.set(database=f"file:{Path(parsed.database or '').absolute()}").update_query_dict(
                {"mode": "ro", "uri": "true"}
            )
        elif parsed.get_backend_name() == "postgresql":
            arguments["options"] = f"-c default_transaction_read_only=on -c statement_timeout={int(timeout * 1000)}"
            arguments["connect_timeout"] = max(2, int(timeout))  # libpq takes whole seconds, 2 at least
        self._engine = sa.create_engine(parsed, connect_args=arguments, pool_pre_ping=True)
        self._select: sa.Select[Any] | None = None
        self._fields: dict[str, sa.ColumnElement[Any]] = {}

    def changed_since(self, moment: datetime | None) -> tuple[list[PlacedOrder], list[RowFault]]:
        """The orders that changed at or after the aware time `moment`, all with None or without an `updated_at`.

        Raises:
            SqlSourceError: the database cannot be reached, or has no such table or column.
        """

        def wanted(fields: dict[str, sa.ColumnElement[Any]]) -> sa.ColumnElement[bool] | None:
            if moment is None or "updated_at" not in fields:
                return None
            column = fields["updated_at"]
            aware = getattr(column.type, "timezone", False)
            here = moment.astimezone(ZoneInfo(self._mapping.timezone))
            # an order whose items alone changed has all its rows read
            return column >= (here if aware else here.replace(tzinfo=None))

        return self._read(wanted)

    def by_number(self, number: str) -> tuple[list[PlacedOrder], list[RowFault]]:
        """The order with this number, as the shop writes it.

        Raises:
            SqlSourceError: as above.
        """
        return self._read(lambda fields: sa.cast(fields["number"], sa.String) == number)

    def by_email(self, email: str) -> tuple[list[PlacedOrder], list[RowFault]]:
        """The orders of a buyer.

        Raises:
            SqlSourceError: as above.
        """
        return self._read(lambda fields: sa.func.lower(fields["email"]) == email.lower())

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def _read(self, condition: Any) -> tuple[list[PlacedOrder], list[RowFault]]:
        try:
            with self._engine.connect() as connection:
                if self._select is None:
                    self._fields, self._select = self._statement(connection)
                narrowed = condition(self._fields)
                statement = self._select if narrowed is None else self._select.where(narrowed)
                return orders_of(self._rows(connection, statement))
        except sa.exc.SQLAlchemyError as error:
            reason = getattr(error, "orig", None) or error
            raise SqlSourceError(f"the shop database cannot be read: {type(reason).__name__}") from error

    def _statement(self, connection: Connection) -> tuple[dict[str, sa.ColumnElement[Any]], sa.Select[Any]]:
        mapping, metadata = self._mapping, sa.MetaData()
        tables: dict[str, sa.Table] = {}
        for name in (mapping.table, *(join.table for join in mapping.joins)):
            try:
                tables[name] = sa.Table(
                    name, metadata, schema=mapping.schema_name, autoload_with=connection, resolve_fks=False
                )
            except sa.exc.NoSuchTableError:
                known = sa.inspect(connection)
                names = [*known.get_table_names(mapping.schema_name), *known.get_view_names(mapping.schema_name)]
                raise SqlSourceError(f"there is no table {name}; there are: {', '.join(sorted(names))}") from None

        def column(place: str) -> sa.Column[Any]:
            table, _, name = place.rpartition(".")
            table = table or mapping.table
            if table not in tables:
                raise SqlSourceError(f"{place}: {table} is neither `table` nor one of `joins`")
            if name not in tables[table].c:
                raise SqlSourceError(f"{place}: no such column; {table} has {', '.join(tables[table].c.keys())}")
            return tables[table].c[name]

        fields: dict[str, sa.ColumnElement[Any]] = {
            name: sa.literal(place[1:]) if place.startswith("=") else column(place)
            for name, place in mapping.columns.items()
        }
        source: Any = tables[mapping.table]
        for join in mapping.joins:
            on = column(f"{join.table}.{join.on}") == column(join.to)
            source = source.join(tables[join.table], on, isouter=not join.required)
        statement = sa.select(*(value.label(name) for name, value in fields.items())).select_from(source)
        # in one order each time: an order's second eSIM stays its second
        keys: list[sa.ColumnElement[Any]] = [
            key for table in tables.values() for key in (table.primary_key.columns or ())
        ]
        return fields, statement.order_by(fields["number"], *(keys or [fields.get("iccid", fields["plan"])]))

    def _rows(self, connection: Connection, statement: sa.Select[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        for row in connection.execute(statement.execution_options(stream_results=True)).mappings():
            values = {name: self._value(name, value) for name, value in row.items()}
            if self._mapping.amounts == "minor" and values.get("amount") is not None:
                values["amount"] = Decimal(int(values["amount"])) / minor_units(str(values.get("currency")))
            yield f"order {row['number']}", values

    def _value(self, name: str, value: Any) -> Any:
        if value is None:
            return None
        if translated := self._mapping.values.get(name):
            if str(value) not in translated:
                return Untranslated(f"{str(value)[:40]} is not among `values` of {name}")
            return translated[str(value)]
        if name.endswith("_at"):
            if isinstance(value, str):
                try:
                    value = datetime.fromisoformat(value)
                except ValueError:
                    return value  # told as a fault of its row
            if isinstance(value, datetime):
                zoned = value if value.tzinfo else value.replace(tzinfo=ZoneInfo(self._mapping.timezone))
                return zoned.astimezone(UTC)
        return value
