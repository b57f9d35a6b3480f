"""Who replaces an eSIM is told: the issuer where it does, else a person with a ticket."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

import actions.orders.reissue
from actions.orders.qr_code import show_qr
from aftercare.orders.tables import Esim, OutboxRow, Ticket
from tests.support.order_rows import add_order
from tests.support.turns import said, turn

NUMBER = "NZ10000003"


@pytest.mark.parametrize(("can", "told"), [(True, "utter_reissue_begun"), (False, "utter_qr_deleted")])
def test_a_deleted_esim_is_replaced_by_who_can(
    orders: Engine, monkeypatch: pytest.MonkeyPatch, can: bool, told: str
) -> None:
    monkeypatch.setattr(actions.orders.reissue, "can_reissue", lambda: can)
    here = turn("ask")
    with Session(orders, future=True) as session, session.begin():
        add_order(session, NUMBER)
        session.execute(sa.update(Esim).values(profile_state="deleted"))
        show_qr(here, session, NUMBER)
        assert said(here) == [told]
        assert len(session.scalars(sa.select(Ticket)).all()) == (not can)
        assert bool(session.scalars(sa.select(OutboxRow.id).where(OutboxRow.kind == "esim_reissue")).all()) == can
