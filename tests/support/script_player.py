"""Plays conversation scripts against the running stack, then looks into its database.

A script: `script` (its name), `languages` (both if absent), `given` (columns of an order's `purchase`, `esim` or
`refund_request` that are otherwise than seeded while it is played; times as `-2d` or `+3h`), `steps`, `after` (rows the
database must hold), `known` (why it fails today; understanding changes with every training). A step: `user` (text, or
one per language), `choose` (payload of an offered choice; with a `*` at the end the first that starts so), `in_vain`
(names of messages: every step that comes is tapped as no help until none is left or the one named in `until` comes;
each of the names must have come, in whatever order, and no step twice) or `desk` (a payload that the desk sends of its
own accord), then what the desk knows beside it: `late` (a person should have read it by now), `line` (`left`: the place
in the line was given up at the desk; `waiting`: the desk put it back there). Then what must hold of the answer:
`replies` (names of messages, all of them or with `any: true` one; `article.hotspot.*` is an answer from that article;
`a | b` are equally right),
`never`, `says`, `says_not`, `image`, `language`, `script` (of Chinese: `hans`, `hant`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from aftercare.base.database import utc_now
from aftercare.base.language import HAN, to_simplified, to_traditional
from aftercare.orders.tables import OrdersBase, Purchase
from tests.support.conversation_coverage import Reached
from tests.support.running_stack import Stack

# What conversations add to; everything above the seeded rows is removed before each script.
CHANGED = ("verification", "verification_failure", "ticket", "payout", "refund_request")

_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fa]")
_DISTANCE = re.compile(r"([+-]\d+)([dhm])")
# What is tapped where a diagnosis shall go on, the first of these that is offered.
_NO_HELP = ("more", "plain", "own", "none", "failed")
_MOST_STEPS = 60
# What ends a diagnosis when it fails: the phone is locked, or has no eSIM.
_MUST_PASS = ("step.carrier_lock", "step.eid")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


@contextmanager
def given(orders: Engine, changes: list[dict[str, Any]]) -> Iterator[None]:
    """Orders that are otherwise than seeded, for the time of one script."""
    before: list[tuple[sa.Table, int, Mapping[str, Any]]] = []
    with orders.begin() as connection:
        for change in changes:
            table = OrdersBase.metadata.tables[change["table"]]
            columns = [table.c[name] for name in change["values"]]
            of_order = sa.select(Purchase.id).where(Purchase.number == change["order"])
            purchase = connection.execute(of_order).scalar_one()
            mine = table.c.id == purchase if change["table"] == "purchase" else table.c.purchase_id == purchase
            row = connection.execute(sa.select(table.c.id, *columns).where(mine)).mappings().one()
            before.append((table, row["id"], {column.name: row[column.name] for column in columns}))
            values = {name: _moment(value) for name, value in change["values"].items()}
            connection.execute(sa.update(table).where(mine).values(values))
    try:
        yield
    finally:
        with orders.begin() as connection:
            for table, row_id, values in reversed(before):
                connection.execute(sa.update(table).where(table.c.id == row_id).values(dict(values)))


def _moment(value: Any) -> Any:
    found = _DISTANCE.fullmatch(value) if isinstance(value, str) else None
    return utc_now() + timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else value


_seeded: dict[str, int] = {}


def reset(orders: Engine) -> None:
    """Remove what conversations have added to the seeded rows."""
    with orders.begin() as connection:
        for table in CHANGED:
            if table not in _seeded:
                highest = connection.execute(sa.text(f"SELECT coalesce(max(id), 0) FROM {table}")).scalar_one()
                _seeded[table] = int(highest)
            connection.execute(sa.text(f"DELETE FROM {table} WHERE id > :id"), {"id": _seeded[table]})


def play(stack: Stack, orders: Engine, reached: Reached, script: dict[str, Any], language: str, sender: str) -> None:
    """Say every line, compare what the replies mean, then what the database holds."""
    reset(orders)
    sender = "script-" + re.sub(r"[^a-z0-9]+", "-", sender.lower())
    said: list[str] = []
    answer: dict[str, Any] = {"messages": []}
    for step in script["steps"]:
        if "in_vain" in step:
            answer = _go_on_in_vain(stack, reached, step, language, sender, answer, said)
            continue
        text, payload = _text_of(step, language, answer, said)
        if line := step.get("line"):
            (stack.in_line.add if line == "waiting" else stack.in_line.discard)(sender)
        answer = stack.turn(sender, text, payload=payload, late=bool(step.get("late")))
        reached.add(sender, answer)
        names = [message["name"] for message in answer["messages"]]
        if "utter_article" in names:
            names.append(f"article.{(answer['turn']['slots'].get('focus') or {}).get('unit')}")
        said.append(f"> {text}   ({answer['turn']['intent']} {answer['turn']['confidence']:.2f})")
        said += [f"  < {message['name']}: {message['text']}" for message in answer["messages"]]
        transcript = "\n".join(said)
        assert answer["messages"], f"{transcript}\nnothing was answered"
        met = [any(matches(name, wanted) for name in names) for wanted in step.get("replies", [])]
        enough = any(met) if step.get("any") else all(met)
        assert enough or not met, f"{transcript}\nexpected {'one of ' if step.get('any') else ''}{step['replies']}"
        for unwanted in step.get("never", []):
            assert not any(matches(name, unwanted) for name in names), f"{transcript}\ndid not expect {unwanted}"
        everything = "\n".join(message["text"] or "" for message in answer["messages"])
        for part in _for(step.get("says", []), language):
            assert str(part) in everything, f"{transcript}\nexpected the words {part!r}"
        for part in _for(step.get("says_not", []), language):
            assert str(part) not in everything, f"{transcript}\ndid not expect the words {part!r}"
        if script_of_it := _for(step.get("script"), language):
            assert _script_of(everything) == script_of_it, f"{transcript}\nnot in {script_of_it}"
        expected = _for(step.get("language", language), language)
        for message in answer["messages"]:
            if message["text"]:
                assert _language_of(message["text"]) == expected, f"{transcript}\nnot in {expected}"
        if image := step.get("image"):
            assert any(m.get("image") for m in answer["messages"]) == (image is True), f"{transcript}\nimage: {image}"
    _check_database(orders, script.get("after", []), sender, "\n".join(said))


def _go_on_in_vain(
    stack: Stack,
    reached: Reached,
    step: dict[str, Any],
    language: str,
    sender: str,
    answer: dict[str, Any],
    said: list[str],
) -> dict[str, Any]:
    """Tap that nothing helps until nothing more is offered or what `until` names comes; the last answer."""
    came = [message["name"] for message in answer["messages"]]
    for _ in range(_MOST_STEPS):
        offered = [c["payload"] for message in answer["messages"] for c in message.get("choices") or []]
        outcomes = ("works",) if came[-1] in _MUST_PASS else _NO_HELP
        payloads = [f'/inform{{"step_outcome": "{outcome}"}}' for outcome in outcomes]
        tapped = next((payload for payload in payloads if payload in offered), None)
        if tapped is None or came[-1] == step.get("until"):
            break
        answer = stack.turn(sender, tapped, payload=True)
        reached.add(sender, answer)
        said.append(f"> {tapped}")
        said += [f"  < {message['name']}: {message['text']}" for message in answer["messages"]]
        came += [message["name"] for message in answer["messages"]]
        for message in answer["messages"]:
            if message["text"]:
                assert _language_of(message["text"]) == language, "\n".join(said) + f"\nnot in {language}"
    transcript = "\n".join(said)
    missing = [name for name in step["in_vain"] if name not in came]
    assert not missing, f"{transcript}\nnever came: {missing}"
    steps = [name for name in came if name.startswith("step.")]
    twice = {name for name in steps if steps.count(name) > 1}
    assert not twice, f"{transcript}\ncame twice: {sorted(twice)}"
    return answer


def _language_of(text: str) -> str:
    return "ja" if _KANA.search(text) else "zh" if HAN.search(text) else "en"


def _for(value: Any, language: str) -> Any:
    return value[language] if isinstance(value, dict) else value


def _script_of(text: str) -> str | None:
    """The script of what was answered, names of places and phones included."""
    han = "".join(HAN.findall(text))
    if to_simplified(han) != han:
        return "hant"
    return "hans" if to_traditional(han) != han else None


def _text_of(step: dict[str, Any], language: str, answer: dict[str, Any], said: list[str]) -> tuple[str, bool]:
    if "desk" in step:
        return str(step["desk"]), True
    if "choose" not in step:
        return str(_for(step["user"], language)), False
    offered = [c["payload"] for message in answer["messages"] for c in message.get("choices") or []]
    chosen = next((payload for payload in offered if matches(payload, step["choose"])), None)
    assert chosen, "\n".join(said) + f"\n{step['choose']} was not offered, only {offered}"
    return chosen, True


def matches(name: str | None, wanted: str) -> bool:
    """Whether a name is the wanted one: a `*` at its end stands for any ending, ` | ` parts equally right ones."""
    return name is not None and any(
        name == each or (each.endswith("*") and name.startswith(each[:-1])) for each in wanted.split(" | ")
    )


def _check_database(orders: Engine, checks: list[dict[str, Any]], sender: str, transcript: str) -> None:
    """Each check: a table, an order number (optional), a number of new rows, and column values of the newest."""
    with orders.begin() as connection:
        for check in checks:
            table = check["table"]
            where, values = "t.id > :seeded", {"seeded": _seeded[table]}
            join = ""
            if "order" in check:
                join = " JOIN purchase p ON p.id = t.purchase_id"
                where += " AND p.number = :number"
                values["number"] = check["order"]
            query = sa.text(f"SELECT t.* FROM {table} t{join} WHERE {where} ORDER BY t.id")
            rows = connection.execute(query, values).mappings().all()
            assert len(rows) == check.get("rows", 1), f"{transcript}\n{table}: {len(rows)} rows instead of {check}"
            for column, value in check.get("values", {}).items():
                assert rows[-1][column] == value, (
                    f"{transcript}\n{table}.{column} is {rows[-1][column]!r}, not {value!r}"
                )
