"""Staff pay refunds from their list, large ones by two, and stop the assistant's own approvals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.orders import authority
from aftercare.orders.migrations import migrate
from aftercare.orders.refunds.decide import decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import open_request
from aftercare.orders.tables import Payout
from aftercare.web.context import DESK
from tests.support.chat_client import ChatClient
from tests.support.desk import RunningDesk
from tests.support.order_rows import add_order, add_plan
from tests.support.staff_client import StaffClient

Sign = Callable[..., StaffClient]


def approve(desk: RunningDesk, conversation_id: str, price: int = 2900, number: str = "NZ10000003") -> int:
    engine, now = desk.app[DESK].orders, utc_now()
    migrate(desk.settings.orders_database_url)
    with Session(engine, future=True) as session:
        plan = f"plan-{price}"
        add_plan(session, plan, price_minor=price)
        bought = now - timedelta(days=1)
        add_order(session, number, plan_id=plan, bought_at=bought, delivered_at=bought)
        loaded = facts_for(session, number, now)
        assert loaded is not None
        request, _ = open_request(session, number, "refund", decide(*loaded, "refund"), conversation_id, now)
        session.commit()
        return session.execute(sa.select(Payout.id).where(Payout.request_id == request.id)).scalar_one()


async def test_a_refund_is_listed_paid_and_told(desk: RunningDesk, traveller: ChatClient, as_role: Sign) -> None:
    payout = approve(desk, traveller.conversation_id)
    agent = as_role("agent")
    shown = await (await agent.get("/desk/payouts")).text()
    assert "NZ10000003" in shown
    assert "NZ$29.00" in shown
    csv = await (await agent.get("/desk/payouts/csv")).text()
    assert "NZ10000003,Emma,emma@example.com,29.00,NZD" in csv
    with Session(desk.app[DESK].orders, future=True) as session:
        row = session.get_one(Payout, payout)
        days = [row.created_at, row.request.arrives_by]
        told = ",".join(f"{day.astimezone(ZoneInfo('Pacific/Auckland')):%Y-%m-%d}" for day in days if day)
    assert f",{told},waiting" in csv
    assert (await agent.post(f"/desk/payouts/{payout}/paid")).status == 303
    assert "NZ10000003" not in await (await agent.get("/desk/payouts")).text()
    told = await traveller.until(lambda event: "was paid on" in str(event))
    assert "NZ$29.00" in str(told)
    again = await agent.post(f"/desk/payouts/{payout}/paid")
    assert again.status == 303
    assert "paid already" in await (await agent.get("/desk/payouts")).text()


async def test_a_large_one_takes_two_people(desk: RunningDesk, traveller: ChatClient, as_role: Sign) -> None:
    payout = approve(desk, traveller.conversation_id, price=60000)
    mia, ned = as_role("agent", name="Mia"), as_role("agent", name="Ned")
    await mia.post(f"/desk/payouts/{payout}/paid")
    assert "a second person has to confirm" in await (await mia.get("/desk/payouts")).text()
    await mia.post(f"/desk/payouts/{payout}/paid")
    assert "NZ10000003" in await (await mia.get("/desk/payouts")).text()
    await ned.post(f"/desk/payouts/{payout}/paid")
    with Session(desk.app[DESK].orders, future=True) as session:
        row = session.get(Payout, payout)
        assert row is not None
        assert (row.state, row.paid_by, row.request.state) == ("paid", "Mia + Ned", "paid")


async def test_automatic_approvals_are_stopped_and_go_on(desk: RunningDesk, as_role: Sign) -> None:
    migrate(desk.settings.orders_database_url)

    def stopped() -> bool:
        with Session(desk.app[DESK].orders, future=True) as session:
            return authority.is_stopped(session)

    agent, lead = as_role("agent"), as_role("lead")
    assert (await agent.post("/desk/payouts/stop")).status == 303
    assert stopped()
    assert "a person decides on every refund" in await (await agent.get("/desk/payouts")).text()
    assert (await agent.post("/desk/payouts/resume")).status == 403
    assert stopped()
    assert (await lead.post("/desk/payouts/resume")).status == 303
    assert not stopped()
