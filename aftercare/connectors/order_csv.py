"""Orders from a CSV file, one line for each eSIM."""

from __future__ import annotations

import csv
from pathlib import Path

from aftercare.connectors.order_rows import FIELDS, NEEDED, PlacedOrder, RowFault, orders_of


def read_csv(path: Path) -> tuple[list[PlacedOrder], list[RowFault]]:
    """The orders of a file in UTF-8 with a header, and its wrong lines; separated by commas, semicolons or tabs."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return [], [RowFault(path.name, "save the file as CSV UTF-8")]
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.DictReader(text.splitlines(keepends=True), delimiter=delimiter, strict=True)
    header = [name.strip() for name in reader.fieldnames or ()]
    if unknown := [name for name in header if name not in FIELDS]:
        return [], [
            RowFault(f"{path.name}:1", f"no such column: {', '.join(unknown)}. Columns are {', '.join(FIELDS)}")
        ]
    if missing := [name for name in NEEDED if name not in header]:
        return [], [RowFault(f"{path.name}:1", f"columns are missing: {', '.join(missing)}")]
    reader.fieldnames = header
    rows, faults = [], []
    try:
        for row in reader:
            place = f"{path.name}:{reader.line_num}"
            if None in row or None in row.values():
                faults.append(RowFault(place, f"the line must have {len(header)} values, as the header has"))
            else:
                rows.append((place, row))
    except csv.Error as error:
        faults.append(RowFault(f"{path.name}:{reader.line_num}", f"not CSV: {error}"))
    orders, more = orders_of(rows)
    return orders, sorted([*faults, *more], key=lambda fault: int(fault.place.rpartition(":")[2]))
