"""Tickets: one per conversation and reason while open, with the time they are read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from aftercare.orders import tables, tickets
from aftercare.orders.tickets import add_to_summary, open_ticket, open_tickets
from tests.support.order_rows import NOW, add_order


def test_a_ticket_carries_order_summary_and_reading_time(session: Session) -> None:
    order = add_order(session)
    ticket, created = open_ticket(
        session, "c1", "handoff", "zh", {"symptom": "no_data", "tried": ["restarted"]}, NOW, number=order.number
    )
    assert created
    assert (ticket.purchase_id, ticket.language, ticket.state) == (order.id, "zh", "open")
    assert ticket.summary == {"symptom": "no_data", "tried": ["restarted"]}
    assert ticket.read_by == NOW + timedelta(minutes=15)


def test_the_same_case_is_opened_once_until_it_is_closed(session: Session) -> None:
    first, _ = open_ticket(session, "c1", "handoff", "en", {"n": 1}, NOW)
    again, created = open_ticket(session, "c1", "handoff", "zh", {"n": 2}, NOW + timedelta(hours=1))
    assert (again.id, created, again.summary) == (first.id, False, {"n": 1})
    first.state = "claimed"
    session.flush()
    assert open_ticket(session, "c1", "handoff", "en", {}, NOW)[1] is False
    first.state = "closed"
    session.flush()
    later, created = open_ticket(session, "c1", "handoff", "en", {}, NOW)
    assert (created, later.id != first.id) == (True, True)
    assert [ticket.id for ticket in open_tickets(session, "c1")] == [later.id]


def test_other_reasons_and_conversations_have_their_own(session: Session) -> None:
    opened = [
        open_ticket(session, conversation, reason, "en", {}, NOW)
        for conversation, reason in (("c1", "handoff"), ("c1", "reissue"), ("c2", "handoff"))
    ]
    assert [created for _, created in opened] == [True, True, True]
    assert len({ticket.id for ticket, _ in opened}) == 3


def test_a_ticket_is_read_when_it_was_promised(session: Session) -> None:
    promised = NOW + timedelta(hours=3)
    ticket, _ = open_ticket(session, "c1", "handoff", "en", {}, NOW, promised=promised)
    assert ticket.read_by == promised
    again, created = open_ticket(session, "c1", "handoff", "en", {}, NOW, promised=promised + timedelta(hours=1))
    assert (again.id, created, again.read_by) == (ticket.id, False, promised)


def test_what_happened_since_is_told_to_whoever_reads_the_open_ticket(session: Session) -> None:
    ticket, _ = open_ticket(session, "c1", "refund_review", "en", {"order": "NZ1"}, NOW)
    other, _ = open_ticket(session, "c1", "handoff", "en", {}, NOW)
    add_to_summary(session, "c1", "refund_review", {"withdrawn": True})
    add_to_summary(session, "c2", "refund_review", {"withdrawn": True})
    session.expire_all()
    assert ticket.summary == {"order": "NZ1", "withdrawn": True}
    assert other.summary == {}


def test_an_error_later_in_the_callers_transaction_undoes_the_ticket(session: Session) -> None:
    """The caller owns the transaction: nothing in here may commit behind its back."""
    open_ticket(session, "c1", "handoff", "en", {}, NOW)
    session.rollback()
    assert open_tickets(session, "c1") == ()


def test_one_network_has_so_many_requests_for_a_person_and_the_rest_is_counted(session: Session) -> None:
    def ask(number: int, origin: str = "one", reason: str = tickets.HANDOFF) -> tables.Ticket:
        return tickets.open_ticket(session, f"c{number}", reason, "en", {}, NOW, origin=origin)[0]

    own = [ask(number) for number in range(tickets.MOST_OF_ORIGIN)]
    assert len({ticket.id for ticket in own}) == tickets.MOST_OF_ORIGIN
    for number in range(50, 60):
        assert ask(number).id == own[-1].id
    assert own[-1].summary == {"more_from_same_network": 10}
    assert ask(3).id == own[3].id
    assert {ask(70, "another").conversation_id, ask(71, "").conversation_id} == {"c70", "c71"}
    assert ask(50, reason="reissue").conversation_id == "c50"


def test_any_ticket_can_be_closed_once(session: Session) -> None:
    ticket, _ = tickets.open_ticket(session, "rest-1", tickets.HANDOFF, "en", {}, NOW)
    assert tickets.all_open(session) == (ticket,)
    assert [tickets.close(session, ticket.id) for _ in range(2)] == [True, False]
    assert tickets.all_open(session) == ()


def test_a_closed_ticket_is_opened_again_unless_another_is_open(session: Session) -> None:
    first, _ = open_ticket(session, "c1", "reissue", "en", {}, NOW)
    assert not tickets.reopen(session, first.id)
    assert tickets.close(session, first.id)
    session.expire_all()
    assert tickets.reopen(session, first.id)
    session.expire_all()
    assert first.state == "open"
    tickets.close(session, first.id)
    other, _ = open_ticket(session, "c1", "reissue", "en", {}, NOW)
    session.expire_all()
    with pytest.raises(tickets.OtherTicketOpen) as refused:
        tickets.reopen(session, first.id)
    assert refused.value.number == other.id
    assert not tickets.reopen(session, 999)


def test_tickets_are_paged_the_newest_first(session: Session) -> None:
    made = [open_ticket(session, f"c{n}", "reissue", "en", {}, NOW)[0].id for n in range(5)]
    tickets.close(session, made[1])
    assert [each.id for each in tickets.page(session, 2)] == made[:2:-1]
    assert [each.id for each in tickets.page(session, 9, before=made[2])] == [made[1], made[0]]
    assert [each.id for each in tickets.page(session, 9, state="closed")] == [made[1]]
    assert [each.id for each in tickets.page(session, 9, conversation_id="c3", reason="reissue")] == [made[3]]
