"""Orders of a shop become rows, however often and in whichever order they are sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.orm import Session

from aftercare.orders import ownership
from aftercare.orders.intake import OrderReadElsewhere, OrderRefused, ShopOrder, take
from aftercare.orders.lookup import order_facts
from aftercare.orders.tables import Customer, Esim, Purchase, RefundRequest
from tests.support.order_rows import NOW

ESIM = {"iccid": "8964050087654321094", "activation_code": "LPA:1$smdp.example.com$AB-12"}


def order(**changes: Any) -> ShopOrder:
    values: dict[str, Any] = {
        "number": "shop 4711",
        "email": "Ana@Example.com",
        "currency": "NZD",
        "bought_at": NOW - timedelta(days=1),
        "updated_at": NOW - timedelta(hours=2),
        "status": "delivered",
        "payment_reference": "pi_1",
        "items": [
            {"plan": "kiwi-nz-5", "amount_minor": 2290, "esim": ESIM},
            {"plan": "kiwi-au-3", "amount_minor": 3900},
        ],
    }
    return ShopOrder.model_validate({**values, **changes})


@pytest.mark.usefixtures("plans")
def test_an_order_is_added_once(session: Session) -> None:
    assert take(session, order(), "api").result == "added"
    again = take(session, order(), "api")
    assert (again.result, again.lines) == ("same", ("SHOP-4711", "SHOP-4711/2"))
    assert session.execute(sa.select(sa.func.count()).select_from(Purchase)).scalar_one() == 2
    facts = order_facts(session, "SHOP-4711", NOW)
    assert facts is not None
    assert (facts.plan_id, facts.amount_minor, facts.matching_id) == ("kiwi-nz-5", 2290, "AB-12")
    assert facts.data_total_mb == 5000


@pytest.mark.usefixtures("plans")
def test_what_the_shop_leaves_out_stays(session: Session) -> None:
    take(session, order(), "api")
    session.execute(sa.update(Esim).values(data_used_mb=700, profile_state="enabled"))
    later = {"plan": "kiwi-nz-5", "amount_minor": 2290, "esim": {"iccid": ESIM["iccid"]}}
    both = [later, {"plan": "kiwi-au-3", "amount_minor": 3900}]
    assert take(session, order(items=both), "api").result == "same"
    kept = session.scalars(sa.select(Esim)).one()
    assert (kept.data_used_mb, kept.profile_state, kept.matching_id) == (700, "enabled", "AB-12")


@pytest.mark.usefixtures("plans")
def test_an_older_order_is_not_taken(session: Session) -> None:
    take(session, order(), "api")
    older = order(status="paid", updated_at=NOW - timedelta(hours=3))
    assert take(session, older, "api").result == "older"
    assert set(session.scalars(sa.select(Purchase.status))) == {"delivered"}


@pytest.mark.usefixtures("plans")
def test_a_line_that_is_gone_is_cancelled(session: Session) -> None:
    take(session, order(), "api")
    one = [{"plan": "kiwi-nz-5", "amount_minor": 2290, "esim": ESIM}]
    assert take(session, order(items=one), "api").result == "changed"
    states = dict(session.execute(sa.select(Purchase.number, Purchase.status)).all())
    assert states == {"SHOP-4711": "delivered", "SHOP-4711/2": "cancelled"}
    assert ownership.esims_of_order(session, "SHOP-4711") == ("SHOP-4711",)


@pytest.mark.usefixtures("plans")
def test_what_was_refunded_here_stays_refunded(session: Session) -> None:
    take(session, order(), "api")
    purchase = session.scalars(sa.select(Purchase).where(Purchase.number == "SHOP-4711")).one()
    purchase.status = "refunded"
    session.add(
        RefundRequest(
            purchase_id=purchase.id, kind="refund", state="paid", amount_minor=2290, currency="NZD",
            decision="approved", reasons={}, requested_at=NOW,
        )
    )  # fmt: skip
    session.flush()
    take(session, order(updated_at=NOW), "api")
    assert purchase.status == "refunded"


@pytest.mark.usefixtures("plans")
def test_number_and_email_prove_all_esims_of_an_order(session: Session) -> None:
    take(session, order(), "api")
    assert ownership.verify(session, "c1", "SHOP 4711", "ana@example.com", NOW).status == "verified"
    assert set(ownership.verified_orders(session, "c1", NOW)) == {"SHOP-4711", "SHOP-4711/2"}
    assert ownership.verified_order(session, "c1", NOW) == "SHOP-4711"
    assert ownership.verify(session, "c2", "SHOP-4711/2", "ana@example.com", NOW).status == "verified"
    assert ownership.verified_order(session, "c2", NOW) == "SHOP-4711/2"


@pytest.mark.usefixtures("plans")
def test_another_buyer_ends_the_proof_of_the_one_before(session: Session) -> None:
    take(session, order(), "api")
    ownership.verify(session, "c1", "SHOP-4711", "ana@example.com", NOW)
    take(session, order(email="ben@example.com"), "api")
    assert ownership.verified_orders(session, "c1", NOW) == ()
    assert ownership.verify(session, "c1", "SHOP-4711", "ana@example.com", NOW).status == "refused"
    assert set(session.scalars(sa.select(Customer.email))) == {"ana@example.com", "ben@example.com"}


@pytest.mark.usefixtures("plans")
def test_what_cannot_be_taken_says_why(session: Session) -> None:
    with pytest.raises(OrderRefused, match=r"no plan gone: add it to data/catalogue/plans\.yml"):
        take(session, order(items=[{"plan": "gone", "amount_minor": 1}]), "api")
    take(session, order(), "api")
    stolen = [{"plan": "kiwi-nz-5", "amount_minor": 2290, "esim": ESIM}]
    with pytest.raises(OrderRefused, match="belongs to SHOP-4711 already"):
        take(session, order(number="SHOP-4712", items=stolen), "api")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"number": "NZ10000001"}, "does not look like SHOP-4711"),
        ({"number": "SHOP-4711/2"}, "is one eSIM of SHOP-4711; send the whole order as SHOP-4711"),
        ({"email": "nobody"}, "email"),
        ({"currency": "dollars"}, "currency"),
        ({"currency": "RMB"}, "code of ISO 4217, like NZD or CNY"),
        ({"items": []}, "items"),
        ({"more": 1}, "more"),
        ({"items": [{"plan": "p", "amount_minor": 1, "esim": {"iccid": "89640500876543", "x": 1}}]}, "iccid"),
        (
            {"items": [{"plan": "p", "amount_minor": 1, "esim": {**ESIM, "activation_code": "AB-12"}}]},
            "must look like LPA:1",
        ),
    ],
)
def test_a_wrong_order_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        order(**changes)


@pytest.mark.usefixtures("plans")
def test_an_order_that_is_read_from_the_shops_database_is_changed_by_it_alone(session: Session) -> None:
    def sent(source: str, email: str, read_from: str | None = "sql", **more: Any) -> str:
        return take(session, order(email=email, **more), source, read_from).result

    assert sent("api", "before@example.com") == "added"  # not read yet
    earlier = NOW - timedelta(days=3)
    assert sent("sql", "ana@example.com", updated_at=earlier) == "changed"  # the database counts, whatever the times
    for source in ("api", "csv", "woocommerce"):
        with pytest.raises(OrderReadElsewhere, match=r"SHOP-4711 is read from your shop's database \(ORDERS_SQL\)"):
            sent(source, "else@example.com")
    row = session.scalars(sa.select(Purchase).where(Purchase.number == "SHOP-4711")).one()
    assert (row.source, row.customer.email) == ("sql", "ana@example.com")
    assert sent("api", "moved@example.com", read_from=None) == "changed"  # the shop is not read any more


@pytest.mark.usefixtures("plans")
def test_news_without_a_time_do_not_let_older_ones_pass(session: Session) -> None:
    take(session, order(), "shopify")
    assert take(session, order(email="new@example.com", updated_at=None), "api").result == "changed"
    assert take(session, order(updated_at=NOW - timedelta(hours=3)), "shopify").result == "older"


def test_control_characters_become_blanks() -> None:
    """PostgreSQL takes no NUL, and a name stands in mails."""
    assert order(name="Ana\x00\nL\u00f3pez\t").name == "Ana L\u00f3pez"
    assert order(items=[{"plan": "kiwi\x00nz", "amount_minor": 1}]).items[0].plan == "kiwi nz"
