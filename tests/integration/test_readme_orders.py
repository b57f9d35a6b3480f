"""The table of demo orders in README, played in the words printed there: each order gets what the table promises."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from sqlalchemy.engine import Engine

from tests.support.running_stack import Stack
from tests.support.script_player import reset

ROOT = Path(__file__).resolve().parents[2]
_ROW = re.compile(r"\| (NZ\d{8}) \| (\S+@\S+) \|[^|]*\| ([^|]+?) \|")


class DemoOrder(NamedTuple):
    """One row: what to say, and the order to give when it is asked for."""

    number: str
    email: str
    says: str


@dataclass(frozen=True)
class Promise:
    """What the last column of a row means: names of answers, payloads of their choices, words in them."""

    names: Sequence[str]
    offers: Sequence[str] = ()
    words: Sequence[str] = ()
    never: Sequence[str] = ()


PROMISED: Mapping[str, Promise] = MappingProxyType(
    {
        "NZ10000001": Promise(["finding.released", "utter_qr", "step.*"]),
        "NZ10000002": Promise(["finding.outside_coverage*"], ["/ask_crossborder_pack", "/recover_usage_records"]),
        "NZ10000003": Promise(["utter_refund_approved"], ["/affirm"], ["✓"]),
        "NZ10000004": Promise(["utter_refund_declined", "utter_refund_options"], ["/human_handoff"], ["✗", "20", "7"]),
        "NZ10000005": Promise(
            ["utter_refund_declined", "utter_refund_options"], ["/request_exchange", "/ask_topup"], ["500 MB"]
        ),
        "NZ10000006": Promise(["step.data_line"]),
        "NZ10000007": Promise(["finding.deleted", "utter_reissue_ticket"], words=["T0"], never=["utter_qr"]),
        "NZ10000008": Promise(["utter_refund_status"], words=["NZ$"]),
        "NZ10000009": Promise(["finding.incident", "step.manual_network"]),
        "NZ10000010": Promise(["finding.throttled"], ["/ask_topup", "/ask_price_plans"], ["00:00"]),
        "NZ10000011": Promise(["*not_delivered"]),
        "NZ10000012": Promise(["finding.before_arrival"]),
        "NZ10000013": Promise(["utter_duplicate_found", "utter_refund_approved"], words=["NZ10000015"]),
        "NZ10000014": Promise(["finding.carrier_locked"], ["/request_refund"], never=["step.*", "utter_article"]),
    }
)


def demo_orders(readme: str) -> list[DemoOrder]:
    """The rows of the table in a README, as printed."""
    return [DemoOrder(*found) for found in _ROW.findall((ROOT / readme).read_text(encoding="utf-8"))]


READMES = ("README.md", "README.zh-CN.md")
ROWS = [pytest.param(order, id=f"{readme} {order.number}") for readme in READMES for order in demo_orders(readme)]


def play(stack: Stack, sender: str, order: DemoOrder) -> list[dict[str, Any]]:
    """What is answered to a row's words and to its order."""
    first = stack.turn(sender, order.says)
    then = stack.turn(sender, f"{order.number} {order.email}")
    return [*first["messages"], *then["messages"]]


def kept(order: DemoOrder, messages: Sequence[Mapping[str, Any]]) -> None:
    """Hold the answers against the promise."""
    promise = PROMISED[order.number]
    names = [str(message["name"]) for message in messages]
    offers = [choice["payload"] for message in messages for choice in message.get("choices") or ()]
    said = "\n".join(f"{message['name']}: {message['text']}" for message in messages)
    for wanted in promise.names:
        assert any(fnmatchcase(name, wanted) for name in names), f"{order}\n{said}\nexpected {wanted}"
    for unwanted in promise.never:
        assert not any(fnmatchcase(name, unwanted) for name in names), f"{order}\n{said}\ndid not expect {unwanted}"
    for offer in promise.offers:
        assert offer in offers, f"{order}\n{said}\nexpected to be offered {offer}, not only {offers}"
    for words in promise.words:
        assert words in said, f"{order}\n{said}\nexpected the words {words!r}"


@pytest.mark.parametrize("readme", READMES)
def test_the_table_has_every_promise(readme: str) -> None:
    assert [order.number for order in demo_orders(readme)] == list(PROMISED)


@pytest.mark.parametrize("order", ROWS)
def test_a_demo_order_gets_what_is_promised(stack: Stack, orders: Engine, order: DemoOrder) -> None:
    reset(orders)
    kept(order, play(stack, f"readme-{uuid.uuid4().hex}", order))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("readme", READMES)
def test_all_of_them_in_one_conversation(stack: Stack, orders: Engine, readme: str) -> None:
    reset(orders)
    sender = f"readme-{uuid.uuid4().hex}"
    for order in demo_orders(readme):
        stack.turn(sender, order.says)  # about the order at hand, until the other one is given
        kept(order, stack.turn(sender, f"{order.number} {order.email}")["messages"])


@pytest.mark.parametrize("number", ["NZ10000006"])
def test_one_step_at_a_time(stack: Stack, orders: Engine, number: str) -> None:
    reset(orders)
    sender = f"readme-{uuid.uuid4().hex}"
    (order,) = (each for each in demo_orders("README.md") if each.number == number)
    messages = play(stack, sender, order)
    seen: list[str] = []
    for _ in range(8):
        steps = [str(message["name"]) for message in messages if str(message["name"]).startswith("step.")]
        assert len(steps) <= 1, steps
        seen += steps
        offered = [choice["payload"] for message in messages for choice in message.get("choices") or ()]
        failed = [payload for payload in offered if '"failed"' in payload]
        if "step.apn" in seen or not offered:
            break
        # a question in between: none of what it lists is to be seen
        messages = stack.turn(sender, (failed or offered[-1:])[0], payload=True)["messages"]
    wanted = ["step.data_line", "step.apn"]
    assert [step for step in seen if step in wanted] == wanted


@pytest.mark.parametrize(("number", "readme"), [("NZ10000013", readme) for readme in READMES])
def test_charged_twice_is_not_denied_after_the_refund(stack: Stack, orders: Engine, number: str, readme: str) -> None:
    reset(orders)
    (order,) = (each for each in demo_orders(readme) if each.number == number)
    first, later = (f"readme-{uuid.uuid4().hex}" for _ in range(2))
    play(stack, first, order)
    stack.turn(first, "/affirm", payload=True)
    again = stack.turn(first, order.says)["messages"]
    anew = play(stack, later, order)
    for messages in (again, anew):
        names = [message["name"] for message in messages]
        assert "utter_refund_status" in names
        assert "utter_payment_single" not in names
