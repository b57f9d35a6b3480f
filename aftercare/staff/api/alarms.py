"""Figures over the staff API that a monitoring system watches: signs that somebody guesses."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.orders import guessing
from aftercare.staff.access.api_keys import Scope
from aftercare.staff.api.door import needs_key
from aftercare.staff.people import throttle
from aftercare.web.context import DESK


@needs_key(Scope.alarms_read)
async def read_alarms(request: web.Request) -> web.Response:
    """GET /api/v1/alarms: how often proofs and sign-ins failed of late, and from which number on to look."""
    desk, now = request.app[DESK], utc_now()
    proofs = await desk.orders_worker.run(_failed_proofs, desk.orders)
    sign_ins = await desk.worker.run(throttle.most_attempts, desk.store.engine, now)
    counted = {
        "failed_proofs": (proofs, guessing.ALARM_WITHIN, guessing.ALARM_AT),
        "sign_in_attempts": (sign_ins, throttle.WINDOW, throttle.PER_ACCOUNT_EVERYWHERE),
    }
    alarms = {
        name: {"count": count, "minutes": int(within.total_seconds() // 60), "alarm_at": at, "alarm": count >= at}
        for name, (count, within, at) in counted.items()
    }
    return web.json_response({"alarms": alarms})


def _failed_proofs(orders: Engine) -> int:
    with Session(orders, future=True) as session:
        return guessing.recent_failures(session, utc_now())
