"""What staff do in the inbox: take over, write, give back, close, note, tag, flag, put off, decide on refunds."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, timezone
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web
from async_timeout import timeout
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from aftercare.base import money_and_dates
from aftercare.base.database import utc_now
from aftercare.conversations import staff_actions
from aftercare.conversations.context import Desk
from aftercare.conversations.conversation import NoConversation, NotYours
from aftercare.conversations.messages import clean_text
from aftercare.conversations.pictures import NotAPicture, reencode
from aftercare.orders import tickets
from aftercare.orders.requests import RequestError
from aftercare.orders.staff_decisions import (
    AlreadyDecided,
    AmountNotAllowed,
    SecondPersonNeeded,
    StaffDecision,
    decide_request,
)
from aftercare.orders.support_hours import next_open
from aftercare.orders.tables import RefundRequest
from aftercare.staff.access.guard import Refused
from aftercare.staff.access.permissions import Permission, audit, member, needs
from aftercare.staff.inbox.annotations import Author, NotPossible
from aftercare.staff.inbox.decision_messages import REFUND_REVIEW, Decided, told_decision
from aftercare.staff.inbox.filters import Filters, number
from aftercare.staff.inbox.live import REVIEW
from aftercare.staff.inbox.views import staff_id
from aftercare.staff.ui import pages
from aftercare.web.context import DESK

log = logging.getLogger(__name__)

MOST_AT_ONCE = 200  # conversations of one bulk action
LONGEST_REPLY = 4000
_BACK = {"tag": "untag", "reviewed": "unreviewed", "save": "unsave"}  # bulk actions and what takes them back
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Conflict(Exception):
    """Somebody was faster, or it cannot be done as things stand; `key` names the text that says what to do."""

    def __init__(self, key: str, status: int = 409, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.status = status
        self.values = values


def said(handler: _Handler) -> _Handler:
    """Errors a member of staff can cause become a notice that says what to do."""

    @wraps(handler)
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except NotPossible as error:
            return _refuse(request, error.key, 422)
        except Conflict as error:
            return _refuse(request, error.key, error.status, **error.values)
        except NotYours as error:
            return _refuse(request, "inbox.not_yours" if error.agent else "inbox.nobodys", 409, agent=error.agent)
        except NoConversation:
            return _refuse(request, "inbox.gone", 404)

    return answer


def _refuse(request: web.Request, key: str, status: int, **values: object) -> web.Response:
    pages.flash(request, key, "error", **values)
    return pages.render(request, "empty.html", status=status)


def by(request: web.Request) -> Author:
    """Who does it."""
    who = member(request)
    return Author(staff_id(who), who.name)


def _may_mark(request: web.Request) -> None:
    """Agents and annotators mark conversations; viewers only look."""
    who = member(request)
    if not (who.may(Permission.reply) or who.may(Permission.annotate)):
        raise Refused(403, "error_403")


@needs(Permission.reply)
@said
async def claim(request: web.Request) -> web.Response:
    """POST …/claim {expected}: take the conversation from whom the page showed to have it, or from nobody."""
    desk, own = request.app[DESK], by(request)
    form = await request.post()
    expected = str(form.get("expected") or "") or None
    done = await staff_actions.claim(desk, request.match_info["id"], own.id, own.name, expected=expected)
    if done is None:
        raise Conflict("inbox.taken")
    await _tell_tickets(desk, request.match_info["id"], "claimed")
    return await _changed(request, "conversation.claimed")


@needs(Permission.reply)
@said
async def reply(request: web.Request) -> web.Response:
    """POST …/reply {text, client_id, picture?}: write to the traveller; sent twice, it arrives once."""
    fields, raw = await _read_reply(request)
    text, picture = clean_text(fields.get("text", "")), None
    if raw:
        try:
            picture = await asyncio.get_running_loop().run_in_executor(None, reencode, raw)
        except NotAPicture:
            raise Conflict("inbox.picture_unreadable", 422) from None
    if not text and picture is None:
        raise Conflict("inbox.reply_empty", 422)
    if len(text) > LONGEST_REPLY:
        raise Conflict("inbox.reply_long", 422, limit=LONGEST_REPLY)
    client_id = (fields.get("client_id") or uuid.uuid4().hex)[:63]
    done = await staff_actions.reply(
        request.app[DESK], request.match_info["id"], by(request).id, text, picture=picture, client_id=client_id
    )
    await audit(request, "conversation.replied", request.match_info["id"], seq=done.seq)
    return web.Response(status=204)


async def _read_reply(request: web.Request) -> tuple[dict[str, str], bytes]:
    """The fields of a reply and the bytes of its picture, which may be larger than other requests."""
    if request.content_type != "multipart/form-data":
        form = await request.post()
        return {name: value for name, value in form.items() if isinstance(value, str)}, b""
    fields, raw, limits = {}, bytearray(), request.app[DESK].limits
    try:
        async with timeout(limits.upload_seconds):
            parts = await request.multipart()
            while (part := await parts.next()) is not None:
                if not isinstance(part, BodyPartReader):
                    continue
                kept = raw if part.name == "picture" else bytearray()
                while chunk := await part.read_chunk():
                    kept.extend(chunk)
                    if len(kept) > (limits.picture if part.name == "picture" else limits.body):
                        raise Conflict("inbox.picture_large", 413)
                if kept is not raw:
                    fields[str(part.name)] = kept.decode("utf-8", "replace")
    except asyncio.TimeoutError:
        raise Conflict("inbox.too_slow", 408) from None
    return fields, bytes(raw)


@needs(Permission.reply)
@said
async def typing(request: web.Request) -> web.Response:
    """POST …/typing: the traveller sees that somebody writes."""
    desk, own, conversation_id = request.app[DESK], by(request), request.match_info["id"]
    review = request.app[REVIEW]
    thread = await review.reads.run(review.threads.latest, conversation_id)
    if thread is not None and thread.conversation.agent_id == own.id:
        staff_actions.typing(desk, conversation_id, own.name)
    return web.Response(status=204)


@needs(Permission.reply)
@said
async def hand_back(request: web.Request) -> web.Response:
    """POST …/hand-back {to, text?}: to the assistant, or into the queue; with a last word to the traveller."""
    desk, own, conversation_id = request.app[DESK], by(request), request.match_info["id"]
    form = await request.post()
    to = "waiting" if form.get("to") == "waiting" else "assistant"
    if text := clean_text(str(form.get("text") or ""))[:LONGEST_REPLY]:
        client_id = str(form.get("client_id") or uuid.uuid4().hex)[:63]
        await staff_actions.reply(desk, conversation_id, own.id, text, client_id=client_id)
    await staff_actions.release(desk, conversation_id, own.id, to=to)
    await _tell_tickets(desk, conversation_id, "open" if to == "waiting" else "closed")
    return await _changed(request, "conversation.handed_back", to=to)


@needs(Permission.reply)
@said
async def resolve(request: web.Request) -> web.Response:
    """POST …/resolve: solved; the traveller opens it again by writing."""
    await staff_actions.close(request.app[DESK], request.match_info["id"], by(request).id)
    await _tell_tickets(request.app[DESK], request.match_info["id"], "closed")
    return await _changed(request, "conversation.resolved")


@needs(Permission.reply)
@said
async def reassign(request: web.Request) -> web.Response:
    """POST …/reassign {to, expected}: pass a conversation on to a colleague."""
    review, desk = request.app[REVIEW], request.app[DESK]
    form = await request.post()
    people = {each.id: each for each in await review.reads.run(review.acts.colleagues)}
    to = people.get(str(form.get("to")))
    if to is None:
        raise Conflict("inbox.nobody_chosen", 422)
    expected = str(form.get("expected") or "") or None
    done = await staff_actions.claim(desk, request.match_info["id"], to.id, to.name, expected=expected)
    if done is None:
        raise Conflict("inbox.taken")
    review.watchers.given(to.id, request.match_info["id"], by(request).name)
    return await _changed(request, "conversation.reassigned", to=to.id)


@needs(Permission.reply)
@said
async def snooze(request: web.Request) -> web.Response:
    """POST …/snooze {for}: out of the tabs of work for some minutes, until support opens next (`open`), or no more."""
    form = await request.post()
    wanted, now = str(form.get("for") or ""), utc_now()
    until: datetime | None = None
    if wanted == "open":
        until = next_open(now + timedelta(hours=8)).astimezone(timezone.utc)
    elif minutes := number(wanted, 60 * 24 * 30):
        until = now + timedelta(minutes=minutes)
    await request.app[DESK].worker.run(request.app[REVIEW].acts.snooze, request.match_info["id"], until)
    return await _changed(request, "conversation.snoozed")


@needs(Permission.view_conversations)
@said
async def note(request: web.Request) -> web.Response:
    """POST …/note {text, client_id}: for colleagues only."""
    _may_mark(request)
    review, conversation_id = request.app[REVIEW], request.match_info["id"]
    form = await request.post()
    client_id = str(form.get("client_id") or uuid.uuid4().hex)
    own = by(request)
    written = await request.app[DESK].worker.run(
        review.acts.write_note, conversation_id, own, str(form.get("text") or ""), client_id, utc_now()
    )
    review.watchers.said(conversation_id)
    review.watchers.mentioned(written.mentioned, conversation_id, own.name)
    await audit(request, "conversation.noted", conversation_id, note=written.id)
    if written.unknown:
        pages.flash(request, "inbox.note_unknown", "warning", names=", ".join(f"@{each}" for each in written.unknown))
    return pages.render(request, "empty.html")


@needs(Permission.view_conversations)
@said
async def tag(request: web.Request) -> web.Response:
    """POST …/tag {name, off?}: put a tag on, or take it off."""
    _may_mark(request)
    form = await request.post()
    acts, on = request.app[REVIEW].acts, not form.get("off")
    names, ids = str(form.get("name") or ""), [request.match_info["id"]]
    await request.app[DESK].worker.run(acts.set_tag, ids, names, by(request), utc_now(), on)
    return await _changed(request, "conversation.tagged" if on else "conversation.untagged")


@needs(Permission.view_conversations)
@said
async def flag(request: web.Request) -> web.Response:
    """POST …/flag {seq, reason}: flag a message for a closer look; without a reason the flag goes."""
    _may_mark(request)
    form = await request.post()
    seq, conversation_id = number(str(form.get("seq") or ""), 2**31 - 1) or 0, request.match_info["id"]
    reason = str(form.get("reason") or "")
    acts = request.app[REVIEW].acts
    await request.app[DESK].worker.run(acts.set_flag, conversation_id, seq, reason, by(request), utc_now())
    return await _changed(request, "message.flagged", seq=seq, reason=reason)


@needs(Permission.view_conversations)
@said
async def review_state(request: web.Request) -> web.Response:
    """POST …/review {reviewed?|saved?}: yes or no to either."""
    _may_mark(request)
    form = await request.post()
    acts, worker, ids = request.app[REVIEW].acts, request.app[DESK].worker, [request.match_info["id"]]
    if "saved" in form:
        await worker.run(acts.set_saved, ids, form["saved"] == "yes")
    if "reviewed" in form:
        await worker.run(acts.set_reviewed, ids, by(request), utc_now() if form["reviewed"] == "yes" else None)
    return await _changed(request, "conversation.reviewed")


@needs(Permission.decide_refunds)
@said
async def refund(request: web.Request) -> web.Response:
    """POST …/refund {request, decision, amount?, reason, words?}; large amounts wait for a second person.

    The traveller is told what was decided in the chat in which they asked, with the words of the staff, if any.
    """
    desk, own = request.app[DESK], by(request)
    form = await request.post()
    reason = clean_text(str(form.get("reason") or ""))
    if not reason:
        raise Conflict("inbox.refund_reason", 422)
    approve = form.get("decision") == "approve"
    request_id = number(str(form.get("request") or ""), 2**31 - 1) or 0
    currency = await desk.orders_worker.run(_currency, desk, request_id)
    if currency is None:
        raise Conflict("inbox.gone", 404)
    amount = _minor(str(form.get("amount") or ""), currency) if approve else 0
    if amount is None:
        raise Conflict("inbox.refund_amount", 422)
    verdict = StaffDecision(own.id, own.name, approve, amount, reason[:1000])
    above = round(desk.settings.refund_two_people_above * money_and_dates.minor_units(currency))
    try:
        done = await desk.orders_worker.run(_decide, desk, request_id, verdict, above)
    except AlreadyDecided:
        raise Conflict("inbox.refund_decided") from None
    except AmountNotAllowed as error:
        raise Conflict("inbox.refund_most", 422, most=money_and_dates.money(error.most_minor, currency)) from None
    except SecondPersonNeeded:
        raise Conflict("inbox.refund_second") from None
    except RequestError:
        raise Conflict("inbox.gone", 404) from None
    if done.state == "requested":
        pages.flash(request, "inbox.refund_first")
    else:
        words = clean_text(str(form.get("words") or ""))[:1000]
        told = await told_decision(desk, done, request.match_info["id"], words)
        pages.flash(
            request, f"inbox.refund_now_{done.state}" if told else "inbox.refund_untold", "ok" if told else "warning"
        )
    return await _changed(request, "refund.decided", refund=request_id, state=done.state, amount=amount)


@needs(Permission.reply)
@said
async def ticket_done(request: web.Request) -> web.Response:
    """POST …/ticket-done: the work a ticket asked for is done; the conversation itself stays as it is."""
    await _tell_tickets(request.app[DESK], request.match_info["id"], "closed")
    return await _changed(request, "ticket.closed")


@needs(Permission.view_conversations)
@said
async def bulk(request: web.Request) -> web.Response:
    """POST /desk/inbox/bulk {id…, act, name?}: the same for several conversations; says how many it was done to.

    What can be taken back comes as an event `undo` for the page: what to send to do so.
    """
    _may_mark(request)
    form = await request.post()
    ids = list(dict.fromkeys(str(each) for each in form.getall("id", [])))[:MOST_AT_ONCE]
    act, own, acts, worker = str(form.get("act") or ""), by(request), request.app[REVIEW].acts, request.app[DESK].worker
    if not ids:
        raise Conflict("inbox.none_chosen", 422)
    done, name = len(ids), str(form.get("name") or "")
    changed: list[str] = []
    if act in ("tag", "untag"):
        changed = await worker.run(acts.set_tag, ids, name, own, utc_now(), act == "tag")
    elif act in ("reviewed", "unreviewed"):
        changed = await worker.run(acts.set_reviewed, ids, own, utc_now() if act == "reviewed" else None)
    elif act in ("save", "unsave"):
        changed = await worker.run(acts.set_saved, ids, act == "save")
    elif act in ("claim", "resolve"):
        if not member(request).may(Permission.reply):
            raise Refused(403, "error_403")
        done = sum([await _one_of_many(request, each, act) for each in ids])
    else:
        raise Conflict("inbox.act_unknown", 422)
    await audit(request, f"conversations.{act}", f"{len(ids)} conversations", ids=ids)
    for each in ids:
        request.app[REVIEW].changed(each)
    pages.flash(request, "inbox.done_some" if done < len(ids) else "inbox.done_all", done=done, all=len(ids))
    response = pages.render(request, "empty.html")
    if changed and (back := _BACK.get(act)):
        undo = {"undo": {"act": back, "ids": changed, "name": name}}
        response.headers["HX-Trigger-After-Settle"] = json.dumps(undo)
    return response


async def _one_of_many(request: web.Request, conversation_id: str, act: str) -> bool:
    desk, own = request.app[DESK], by(request)
    try:
        if act == "claim":
            if not await staff_actions.claim(desk, conversation_id, own.id, own.name, expected=None):
                return False
        else:
            await staff_actions.close(desk, conversation_id, own.id)
    except (NotYours, NoConversation):
        return False
    await _tell_tickets(desk, conversation_id, "claimed" if act == "claim" else "closed")
    return True


@needs(Permission.view_conversations)
@said
async def save_view(request: web.Request) -> web.Response:
    """POST /desk/inbox/views {name, query}: keep the present filters under a name."""
    form = await request.post()
    query = Filters.read(dict(parse_qsl(str(form.get("query") or "")))).query()
    name = str(form.get("name") or "")
    await request.app[DESK].worker.run(request.app[REVIEW].acts.save_view, by(request).id, name, query)
    raise web.HTTPSeeOther(f"/desk/inbox?{query}")


@needs(Permission.view_conversations)
async def delete_view(request: web.Request) -> web.Response:
    """POST /desk/inbox/views/{view}/delete."""
    view = number(request.match_info["view"], 2**31 - 1) or 0
    await request.app[DESK].worker.run(request.app[REVIEW].acts.delete_view, by(request).id, view)
    raise web.HTTPSeeOther("/desk/inbox")


async def _changed(request: web.Request, action: str, **details: Any) -> web.Response:
    """Record the act; the list and the thread are drawn anew everywhere."""
    review, conversation_id = request.app[REVIEW], request.match_info["id"]
    await audit(request, action, conversation_id, **details)
    await review.refresh(conversation_id)
    review.watchers.listed()
    review.watchers.said(conversation_id, "settled")
    return pages.render(request, "empty.html", status=200)


async def _tell_tickets(desk: Desk, conversation_id: str, state: str) -> None:
    try:
        await desk.orders_worker.run(_set_tickets, desk, conversation_id, state)
    except SQLAlchemyError as error:  # the conversation has changed hands all the same
        log.warning("The tickets of a conversation could not follow it: %s", type(error).__name__)


def _set_tickets(desk: Desk, conversation_id: str, state: str) -> None:
    with Session(desk.orders, future=True) as session:
        tickets.set_state(session, conversation_id, state)
        session.commit()


def _currency(desk: Desk, request_id: int) -> str | None:
    with Session(desk.orders, future=True) as session:
        request = session.get(RefundRequest, request_id)
        return None if request is None else str(request.currency)


def _decide(desk: Desk, request_id: int, verdict: StaffDecision, above: int) -> Decided:
    with Session(desk.orders, future=True) as session:
        request: RefundRequest = decide_request(session, request_id, verdict, utc_now(), above)
        done = Decided.of(request)
        if done.state != "requested" and done.conversation_id:
            tickets.set_state(session, done.conversation_id, "closed", REFUND_REVIEW)
        session.commit()
        return done


def _minor(amount: str, currency: str) -> int | None:
    """Minor units of an amount as people write it: "12", "12.5", "1,012.50"; None when it is none."""
    whole, _, cents = amount.replace(",", "").strip().partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) < 8 and len(cents) <= 2 and (cents or "0").isdigit()):
        return None
    return (int(whole) * 100 + int(cents.ljust(2, "0"))) * money_and_dates.minor_units(currency) // 100
