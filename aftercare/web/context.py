"""The desk as HTTP handlers find it, and the network address of who asks."""

from __future__ import annotations

from aiohttp import web

from aftercare.base.networks import network
from aftercare.conversations.context import Desk

DESK = web.AppKey("desk", Desk)


def address_of(request: web.Request) -> str:
    """The traveller's network address; a proxy of ours is believed about whom it speaks for, others are not."""
    trusted, remote = request.app[DESK].trusted_proxies, request.remote or ""
    if not trusted.includes(remote):
        return remote
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    return next((hop for hop in reversed(hops) if not trusted.includes(hop)), remote)


def network_of(request: web.Request) -> str:
    """What limits are counted for: the traveller's address, or its /64 network where it is of IPv6."""
    return network(address_of(request))
