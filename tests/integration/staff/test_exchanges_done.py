"""Staff carried out an exchange: the order is of the new plan, and the traveller is told in their language."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.orders import intake, tickets
from aftercare.orders.migrations import migrate
from aftercare.orders.ownership import verify
from aftercare.orders.refunds.decide import decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import open_request
from aftercare.orders.tables import Payout, Purchase, RefundRequest, Ticket
from aftercare.staff.access.tables import audit_entry
from aftercare.web.context import DESK
from tests.integration.staff.test_staff_api import Hold, holder  # noqa: F401  a fixture
from tests.support.chat_client import ChatClient
from tests.support.desk import RunningDesk
from tests.support.order_rows import add_order, add_plan, days
from tests.support.staff_client import StaffClient

Sign = Callable[..., StaffClient]
NUMBER = "NZ10000003"
NEW = {"iccid": "8964050000000000019", "activation_code": "LPA:1$smdp.example.com$NEW-1"}


def exchange(desk: RunningDesk, conversation_id: str, price: int = 2900, esim: bool = True) -> int:
    """An exchange of 29.00 for a plan of this price, which a colleague is to carry out."""
    migrate(desk.settings.orders_database_url)
    return approved_exchange(desk.app[DESK].orders, conversation_id, price, esim)


def approved_exchange(
    orders: Engine, conversation_id: str, price: int = 2900, esim: bool = True, number: str = NUMBER
) -> int:
    """The same in a migrated order database; nobody else has an order of this number."""
    email = "emma@example.com" if number == NUMBER else f"{number.lower()}@example.com"
    now = utc_now()
    with Session(orders, future=True) as session, session.begin():
        order = add_order(session, number, email, bought_at=now - days(1), delivered_at=now - days(1), source="csv",
                          shop_number=number)  # fmt: skip
        if not esim:
            session.delete(order.esim)
            session.flush()
            session.expire(order)
        add_plan(session, "nz-10gb", price_minor=price, data_mb=10240, days=30, name_en="Ten", name_zh="十")
        assert verify(session, conversation_id, number, email, now).status == "verified"
        loaded = facts_for(session, number, now)
        assert loaded is not None
        decision = decide(*loaded, "exchange")
        request, _ = open_request(session, number, "exchange", decision, conversation_id, now, "nz-10gb")
        tickets.open_ticket(session, conversation_id, "exchange", "en", {"order": number}, now, number)
        return int(request.id)


async def press(staff: StaffClient, conversation_id: str, status: int = 200, **fields: str | int) -> str:
    answer = await staff.post(f"/desk/inbox/c/{conversation_id}/exchange-done", fields, htmx=True)
    shown = await answer.text()
    assert answer.status == status, shown
    return shown


@pytest.mark.parametrize(
    ("first", "told"),
    [("the plan is too small", "is now Ten. Write “show me"), ("流量不够用，想换套餐", "已换成 十。发“显示二维码”")],
    ids=["en", "zh"],
)
async def test_a_new_esim_is_written_down_told_and_recorded(
    desk: RunningDesk, traveller: ChatClient, as_role: Sign, first: str, told: str
) -> None:
    await traveller.ask(first)
    talk = traveller.conversation_id
    request, agent = exchange(desk, talk), as_role("agent")
    assert "The exchange is done" in await (await agent.get(f"/desk/inbox/c/{talk}")).text()
    assert "has been told" in await press(agent, talk, request=request, **NEW)
    event = await traveller.until(lambda each: told in each["text"])
    assert event["from"] == "system"
    with Session(desk.app[DESK].orders, future=True) as session:
        order = session.scalars(sa.select(Purchase)).one()
        assert (order.plan_id, order.amount_minor, order.status) == ("nz-10gb", 2900, "delivered")
        assert order.esim is not None
        assert (order.esim.iccid, order.esim.matching_id) == (NEW["iccid"], "NEW-1")
        assert (order.esim.data_total_mb, order.esim.profile_state) == (10240, "released")
        assert session.get_one(RefundRequest, request).state == "paid"
        assert set(session.scalars(sa.select(Ticket.state))) == {"closed"}
        # the shop that has not heard of it brings nothing back
        old = order.esim.former_iccids
        assert old
        sent = {
            "number": NUMBER, "email": "emma@example.com", "currency": "NZD", "bought_at": order.bought_at,
            "status": "delivered", "items": [{"plan": "nz-5gb", "amount_minor": 2900, "esim": {"iccid": old}}],
        }  # fmt: skip
        add_plan(session, "nz-5gb")
        intake.take(session, intake.ShopOrder.model_validate(sent), "csv")
        assert (order.plan_id, order.esim.iccid) == ("nz-10gb", NEW["iccid"])
        session.rollback()
    with desk.app[DESK].store.engine.connect() as connection:
        (entry,) = connection.execute(
            sa.select(audit_entry).where(audit_entry.c.action == "exchange.carried_out")
        ).all()
    assert entry.subject == talk
    assert entry.details == {"request": request, "new_esim": True, "paid_otherwise": False}
    assert "does not wait" in await press(agent, talk, 409, request=request, **NEW)
    page = await (await agent.get(f"/desk/inbox/c/{talk}")).text()
    assert "Exchange · done" in page
    assert "The exchange is done" not in page


async def test_the_plan_may_come_onto_the_esim_there_was(
    desk: RunningDesk, traveller: ChatClient, as_role: Sign
) -> None:
    await traveller.ask("the plan is too small")
    request, talk = exchange(desk, traveller.conversation_id), traveller.conversation_id
    with Session(desk.app[DESK].orders, future=True) as session:
        before = session.scalars(sa.select(Purchase)).one().esim
        assert before is not None
        iccid = before.iccid
    assert "has been told" in await press(as_role("agent"), talk, request=request)
    await traveller.until(lambda each: "on the eSIM you have" in each["text"])
    with Session(desk.app[DESK].orders, future=True) as session:
        esim = session.scalars(sa.select(Purchase)).one().esim
        assert esim is not None
        assert (esim.iccid, esim.data_total_mb, esim.former_iccids) == (iccid, 10240, "")


async def test_what_stands_in_the_way_is_said(desk: RunningDesk, traveller: ChatClient, as_role: Sign) -> None:
    await traveller.ask("the plan is too small")
    talk, agent = traveller.conversation_id, as_role("agent")
    request = exchange(desk, talk, price=3490, esim=False)
    page = await (await agent.get(f"/desk/inbox/c/{talk}")).text()
    for shown in (
        "was paid another way",
        "<dt>New plan</dt><dd>Ten</dd>",
        "<dt>Difference to pay</dt><dd>NZ$5.90</dd>",
    ):
        assert shown in page
    for half in ({"iccid": NEW["iccid"]}, {"activation_code": NEW["activation_code"]}, {**NEW, "iccid": "12"}):
        assert "give both" in await press(agent, talk, 422, request=request, **half)
    assert "not paid" in await press(agent, talk, 409, request=request, **NEW)
    assert "no eSIM yet" in await press(agent, talk, 422, request=request, paid_otherwise="yes")
    with Session(desk.app[DESK].orders, future=True) as session, session.begin():
        assert session.get_one(RefundRequest, request).state == "approved"
        other = add_order(session, "NZ10000004", "b@example.com", bought_at=utc_now())
        assert other.esim is not None
        taken = other.esim.iccid
    refused = {**NEW, "iccid": taken}
    assert "another order" in await press(agent, talk, 422, request=request, paid_otherwise="yes", **refused)
    assert "has been told" in await press(agent, talk, request=request, paid_otherwise="yes", **NEW)
    with Session(desk.app[DESK].orders, future=True) as session:
        assert session.scalars(sa.select(Purchase.amount_minor).where(Purchase.number == NUMBER)).one() == 3490
    assert (await as_role("viewer").post(f"/desk/inbox/c/{talk}/exchange-done", {"request": 1})).status == 403


async def test_what_the_new_plan_costs_less_is_paid_back_by_staff(
    desk: RunningDesk, traveller: ChatClient, as_role: Sign
) -> None:
    await traveller.ask("the plan is too large")
    talk, agent = traveller.conversation_id, as_role("agent")
    request = exchange(desk, talk, price=1000)
    await press(agent, talk, request=request, **NEW)
    await traveller.until(lambda each: "the difference of NZ$19.00" in each["text"])
    assert "NZ$19.00" in await (await agent.get("/desk/payouts")).text()
    with Session(desk.app[DESK].orders, future=True) as session:
        payout = session.scalars(sa.select(Payout.id)).one()
    assert (await agent.post(f"/desk/payouts/{payout}/paid")).status == 303
    await traveller.until(lambda each: "was paid on" in each["text"])
    with Session(desk.app[DESK].orders, future=True) as session:
        order = session.scalars(sa.select(Purchase)).one()
        assert (order.status, order.amount_minor) == ("delivered", 1000)  # not refunded: it is of the new plan


async def test_a_new_esim_for_a_ticket_is_written_down_and_told(
    desk: RunningDesk, traveller: ChatClient, as_role: Sign
) -> None:
    await traveller.ask("二维码用不了")
    talk, agent, now = traveller.conversation_id, as_role("agent"), utc_now()
    migrate(desk.settings.orders_database_url)
    with Session(desk.app[DESK].orders, future=True) as session, session.begin():
        add_order(session, NUMBER, bought_at=now - days(1), delivered_at=now - days(1), esim={"data_used_mb": 7})
        assert verify(session, talk, NUMBER, "emma@example.com", now).status == "verified"
        ticket = tickets.open_ticket(session, talk, "reissue", "zh", {"order": NUMBER}, now, NUMBER)[0].id

    async def name(status: int, **fields: str | int) -> str:
        answer = await agent.post(f"/desk/inbox/c/{talk}/new-esim", fields, htmx=True)
        assert answer.status == status
        return await answer.text()

    assert "The new eSIM is ready" in await (await agent.get(f"/desk/inbox/c/{talk}")).text()
    assert "give both" in await name(422, ticket=ticket)
    assert "has been told" in await name(200, ticket=ticket, **NEW)
    await traveller.until(lambda each: "新 eSIM 好了" in each["text"])
    with Session(desk.app[DESK].orders, future=True) as session:
        esim = session.scalars(sa.select(Purchase)).one().esim
        assert esim is not None
        assert (esim.iccid, esim.matching_id, esim.data_used_mb) == (NEW["iccid"], "NEW-1", 7)
        assert session.scalars(sa.select(Ticket.state)).one() == "closed"
    with desk.app[DESK].store.engine.connect() as connection:
        audited = sa.select(audit_entry.c.subject).where(audit_entry.c.action == "esim.replaced")
        assert list(connection.execute(audited).scalars()) == [talk]
    assert "no eSIM any more" in await name(409, ticket=ticket, **NEW)


async def test_a_program_says_so_with_a_key(
    desk: RunningDesk,
    traveller: ChatClient,
    holder: Hold,  # noqa: F811
) -> None:
    await traveller.ask("the plan is too small")
    request, key = exchange(desk, traveller.conversation_id), holder("agent")
    wrong = await key.post(f"/refunds/{request}/carried-out", {"iccid": "12"})
    assert (wrong[0], wrong[1]["error"]["code"]) == (422, "exchange_esim")
    _, done = await key.post(f"/refunds/{request}/carried-out", NEW)
    assert (done["refund"]["state"], done["traveller"]) == ("paid", "told")
    again = await key.post(f"/refunds/{request}/carried-out", NEW)
    assert (again[0], again[1]["error"]["code"]) == (409, "exchange_over")
    assert (await key.post("/refunds/999/carried-out", {}))[0] == 404
