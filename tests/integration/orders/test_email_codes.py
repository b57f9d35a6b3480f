"""A code by mail opens the orders of its mailbox, once, soon, after few tries, and tells nobody whose they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.orders import email_codes, ownership
from aftercare.orders.email_codes import CODE_MAIL, LIVES, MOST_TRIES, buyer_of_code, typed_code
from aftercare.orders.tables import Customer, EmailCode, OutboxRow, Purchase
from tests.support.order_rows import NOW, add_order

pytestmark = pytest.mark.usefixtures("buyers_take_mail")

TALK = "c1"
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def session(orders_engine: Engine) -> Iterator[Session]:
    with Session(orders_engine, future=True) as session:
        add_order(session).customer.email = "emma@example.com"
        session.flush()
        yield session


def mailed(session: Session) -> list[tuple[int, str]]:
    """(row, code) of every code that was put to be mailed, oldest first."""
    rows = session.scalars(sa.select(OutboxRow.payload).where(OutboxRow.kind == CODE_MAIL).order_by(OutboxRow.id))
    return [(int(each["row"]), str(each["code"])) for each in rows]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def test_a_code_opens_the_orders_once_in_the_chat_that_asked(session: Session) -> None:
    assert email_codes.ask(session, TALK, " Emma@Example.com ", NOW).status == "sent"
    ((row, code),) = mailed(session)
    buyer = buyer_of_code(session, row, code, NOW)
    assert buyer is not None
    assert buyer.email == "emma@example.com"
    kept = session.execute(sa.select(EmailCode.code, EmailCode.email)).one()
    assert code not in kept.code
    assert "emma" not in kept.email
    assert email_codes.use(session, "another chat", code, NOW).status == "none"
    assert email_codes.use(session, TALK, code, NOW).numbers == ("NZ10000003",)
    assert ownership.may_see(session, TALK, "NZ10000003", NOW)
    assert email_codes.use(session, TALK, code, NOW).status == "none"
    assert buyer_of_code(session, row, code, NOW) is None  # a mail that is late says nothing any more


def test_an_unknown_address_is_answered_alike_and_gets_no_mail(session: Session) -> None:
    statements: list[list[str]] = []

    @sa.event.listens_for(session.get_bind(), "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements[-1].append(statement)

    for talk, email in (("c1", "emma@example.com"), ("c2", "nobody@example.com")):
        statements.append([])
        assert email_codes.ask(session, talk, email, NOW).status == "sent"
    assert statements[0] == statements[1]
    (known, unknown) = mailed(session)
    assert buyer_of_code(session, *known, NOW) is not None
    assert buyer_of_code(session, *unknown, NOW) is None
    assert email_codes.use(session, "c2", unknown[1], NOW).status == "refused"  # even if it was guessed


@pytest.mark.parametrize(
    "spoiled",
    [
        lambda session: session.execute(sa.update(Purchase).values(status="cancelled")),
        lambda session: session.execute(sa.update(Customer).values(mail_refused_at=NOW)),
    ],
)
def test_who_cannot_be_mailed_or_has_no_order_gets_none(session: Session, spoiled: object) -> None:
    spoiled(session)  # type: ignore[operator]
    email_codes.ask(session, TALK, "emma@example.com", NOW)
    assert buyer_of_code(session, *mailed(session)[0], NOW) is None


def test_codes_end_soon_by_the_next_one_and_when_the_chat_is_forgotten(session: Session) -> None:
    email_codes.ask(session, TALK, "emma@example.com", NOW)
    email_codes.ask(session, TALK, "emma@example.com", NOW)
    (_, first), (_, second) = mailed(session)
    if first != second:
        assert email_codes.use(session, TALK, first, NOW).status == "refused"
    assert email_codes.is_open(session, TALK, NOW)
    assert email_codes.use(session, TALK, second, NOW + LIVES).status == "none"
    ownership.forget(session, TALK)
    assert not email_codes.is_open(session, TALK, NOW)
    assert email_codes.use(session, TALK, second, NOW).status == "none"


def test_few_tries_and_wrong_ones_count_as_failed_proofs(session: Session) -> None:
    email_codes.ask(session, TALK, "emma@example.com", NOW)
    ((_, code),) = mailed(session)
    tried = [email_codes.use(session, TALK, wrong(code), NOW).status for _ in range(MOST_TRIES)]
    assert tried == ["refused"] * (MOST_TRIES - 1) + ["over"]
    assert email_codes.use(session, TALK, code, NOW).status == "none"
    assert ownership.verify(session, TALK, "NZ10000003", "emma@example.com", NOW).status == "locked"
    assert email_codes.ask(session, TALK, "emma@example.com", NOW).status == "sent"
    assert email_codes.use(session, TALK, mailed(session)[1][1], NOW).status == "locked"


def test_asking_again_waits_longer_by_chat_network_and_address(session: Session) -> None:
    assert [email_codes.ask(session, TALK, f"a{n}@example.com", NOW).status for n in range(3)] == [
        "sent", "sent", "locked",
    ]  # fmt: skip
    assert email_codes.ask(session, TALK, "a@example.com", LATER).status == "sent"
    assert email_codes.ask(session, TALK, "a@example.com", LATER + timedelta(minutes=1)).status == "locked"
    by_address = [email_codes.ask(session, f"chat {n}", "emma@example.com", NOW) for n in range(4)]
    assert [each.status for each in by_address] == ["sent"] * 3 + ["locked"]
    assert by_address[3].until == NOW + timedelta(minutes=2)
    network = [email_codes.ask(session, f"n{n}", f"n{n}@example.com", NOW, "hotel").status for n in range(11)]
    assert network == ["sent"] * 10 + ["locked"]
    assert len(mailed(session)) == 16  # what had to wait mailed nothing
    assert email_codes.ask(session, TALK, "emma@example.com", NOW + timedelta(hours=2)).status == "sent"
    assert session.scalar(sa.select(sa.func.count()).select_from(EmailCode)) == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("482913", "482913"), (" 482 913. ", "482913"), ("482-913", "482913"),
        ("\uff14\uff18\uff12\uff19\uff11\uff13", "482913"),
        ("code: 482913", "482913"), ("My code is 482913", "482913"),
        ("验证码 482913", "482913"), ("验证码是482913。", "482913"),
        ("4829130", None), ("NZ482913", None), ("it costs 482913", None), ("482913 and NZ10000003", None), ("", None),
    ],
)  # fmt: skip
def test_only_six_digits_alone_are_a_code(text: str, code: str | None) -> None:
    assert typed_code(text) == code
