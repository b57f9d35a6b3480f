"""The desk as HTTP handlers find it, and the network address of who asks."""

from __future__ import annotations

from aiohttp import web

from aftercare.conversations.context import Desk

DESK = web.AppKey("desk", Desk)


def address_of(request: web.Request) -> str:
    """The traveller's network address; a proxy of ours is believed about whom it speaks for, others are not."""
    trusted, remote = request.app[DESK].trusted_proxies, request.remote or ""
    if remote not in trusted:
        return remote
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    return next((hop for hop in reversed(hops) if hop not in trusted), remote)
