"""Which sites may use the chat, and the headers every answer carries."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from aftercare.base.settings import OPAQUE_ORIGIN, Settings
from aftercare.web.errors import ApiError, Handler

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, as browsers write it in Origin."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}".lower()


def host_of(url: str) -> str:
    """Host and port of an address, in lower case; empty when it is none (`http://[`)."""
    return origin_of(url).partition("://")[2]


class Origins:
    """The sites whose pages may call the chat API: our own and those in ALLOWED_ORIGINS."""

    def __init__(self, settings: Settings) -> None:
        listed = [part for part in settings.allowed_origins.replace(",", " ").split() if part]
        sites = [settings.public_url, *listed]
        self._allowed = {part if part == OPAQUE_ORIGIN else origin_of(part) for part in sites} - {""}
        self.behind_tls = settings.public_url.startswith("https://")

    def allow(self, request: web.Request, origin: str) -> bool:
        """Whether a page of `origin` may; the host it called is its own, since no cookie speaks for the visitor."""
        return origin.lower() in self._allowed or host_of(origin) == request.host.lower()


ORIGINS = web.AppKey("origins", Origins)


@web.middleware
async def check_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuses pages of other sites and answers the questions browsers ask beforehand (CORS preflight)."""
    origin = request.headers.get("Origin")
    if origin is None or not request.path.startswith("/api/"):
        return await handler(request)
    if not request.app[ORIGINS].allow(request, origin):
        raise ApiError(403, "origin")
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        return web.Response(
            status=204,
            headers={
                "Access-Control-Allow-Methods": "GET, POST, DELETE",
                "Access-Control-Allow-Headers": "Authorization, Content-Type, Last-Event-ID",
                "Access-Control-Max-Age": "600",
            },
        )
    return await handler(request)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Signal handler: the security headers, and CORS for a site that may."""
    response.headers.popall("Server", None)  # it would tell the versions of our libraries
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.app[ORIGINS].behind_tls:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if not request.path.startswith("/api/"):
        return
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["Vary"] = "Origin"
    origin = request.headers.get("Origin")
    if origin is not None and request.app[ORIGINS].allow(request, origin):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = "Retry-After"
