"""Serves the chat widget and the demo shop page: plain files, kept in memory, compressed once."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from aiohttp import web
from rjsmin import jsmin

from aftercare.base.language import to_traditional
from aftercare.base.settings import ROOT
from aftercare.base.voice import voice_of_locale
from aftercare.catalogue.load import load_catalogue
from aftercare.web.errors import Handler
from aftercare.web.security import ORIGINS

FOLDER = ROOT / "widget"
SHOP = "kiwi-roam"  # the provider in whose name the demo shop sells
FOREVER = "public, max-age=31536000, immutable"
CHECK = "public, max-age=0, must-revalidate"

_CHINESE = re.compile(r"[^<>\"`\n]*[\u4e00-\u9fff][^<>\"`\n]*")  # a text between tags or quotation marks of code
_INDENTATION = re.compile(rb"\n\s+")  # of lines within the style, which is a string to JavaScript
# a page that is not listed learns why it has no chat; browsers say no more than that CORS refused something
_NOT_LISTED = (
    b"console.error(`eSIM aftercare: the chat is not shown, because ${location.origin} is not listed in "
    b"ALLOWED_ORIGINS of ${new URL(import.meta.url).origin}.`);\n"
)

_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True)
class Asset:
    """A file as it is sent. `caching` is its Cache-Control."""

    body: bytes
    compressed: bytes
    media_type: str
    etag: str
    caching: str

    @classmethod
    def of(cls, body: bytes, suffix: str, caching: str) -> Asset:
        """Prepare a file's bytes for sending."""
        return cls(
            body, gzip.compress(body, 9, mtime=0), _TYPES[suffix], hashlib.sha256(body).hexdigest()[:20], caching
        )


def widget_assets(folder: Path = FOLDER) -> dict[str, Asset]:
    """The widget by path. Its modules have their common digest in their address, so browsers keep them for good."""
    paths = sorted(path for part in ("sdk", "ui", "texts") for path in (folder / part).glob("*.js"))
    modules = {path.relative_to(folder).as_posix(): _lean(path) for path in paths}
    digest = hashlib.sha256(b"\0".join(modules.values())).hexdigest()[:12]
    entry = _lean(folder / "widget.js")
    for part in (b"sdk", b"ui"):
        entry = entry.replace(b'"./%s/' % part, b'"./widget/%s/%s/' % (digest.encode(), part))
    assets = {f"/widget/{digest}/{name}": Asset.of(body, ".js", FOREVER) for name, body in modules.items()}
    return {"/widget.js": Asset.of(entry, ".js", CHECK), **assets}


def _lean(path: Path) -> bytes:
    """A module without what only readers need, comments and space."""
    return bytes(jsmin(_INDENTATION.sub(b"\n", path.read_bytes())))


def shop_assets(folder: Path = FOLDER / "shop", *, traditional: bool = False) -> dict[str, Asset]:
    """The demo shop page and its files by path; their Chinese is Simplified, or Traditional."""

    def asset(name: str) -> Asset:
        text = (folder / name).read_text(encoding="utf-8")
        if traditional:
            text = _CHINESE.sub(lambda found: to_traditional(found[0]), text)
            text = text.replace("zh-Hans", "zh-Hant").replace("zh-CN", "zh-TW")
        return Asset.of(text.encode(), Path(name).suffix, CHECK)

    page = asset("index.html")
    return {
        "/": page,
        "/shop": page,
        **{f"/shop/{name}": asset(name) for name in ("shop.js", "shop.css", "orders.json")},
    }


def add_routes(app: web.Application) -> None:
    """Add /widget.js with its modules, what reads links to /chat, and the demo shop at / and /shop."""
    for path, asset in widget_assets().items():
        app.router.add_get(path, _sender(asset, Asset.of(_NOT_LISTED, ".js", "no-store")))
    link = Asset.of(_lean(FOLDER / "order-link.js"), ".js", CHECK)
    app.router.add_get("/order-link.js", _sender(link, None))
    for path, asset in shop_assets().items():
        app.router.add_get(path, _in_script(path, _sender(asset, None)))
    app.router.add_get("/shop/plans.json", plans)


async def plans(_request: web.Request) -> web.Response:
    """What the demo shop sells, from the catalogue as it is; money in minor units."""
    catalogue = await asyncio.get_running_loop().run_in_executor(None, load_catalogue)
    sold = [plan for plan in catalogue.plans if plan.provider_id == SHOP and plan.on_sale]
    fields = {"id", "data_mb", "fair_use_mb", "days", "price_minor", "currency", "hotspot"}
    offered = [
        {
            **plan.model_dump(include=fields),
            "countries": list(dict.fromkeys(network.country for network in plan.networks)),
            "operators": list(dict.fromkeys(network.operator for network in plan.networks)),
        }
        for plan in sold
    ]
    return web.json_response(offered, headers={"Cache-Control": CHECK})


@lru_cache(maxsize=1)
def _traditional_shop() -> dict[str, Asset]:
    """Made when somebody asks for it: the dictionaries take 40 MB."""
    return shop_assets(traditional=True)


def _in_script(path: str, simplified: Handler) -> Handler:
    """Sends a file of the shop in the script that the browser's first language asks for."""

    async def send(request: web.Request) -> web.StreamResponse:
        first = re.split("[,;]", request.headers.get("Accept-Language", ""))[0].strip()
        handler = simplified
        if voice_of_locale(first).traditional:
            assets = await asyncio.get_running_loop().run_in_executor(None, _traditional_shop)
            handler = _sender(assets[path], None)
        response = await handler(request)
        response.headers["Vary"] = "Accept-Encoding, Accept-Language"
        return response

    return send


def _sender(own: Asset, for_strangers: Asset | None) -> Handler:
    """Sends `own`. With `for_strangers`, it is for the sites that may use the chat and others get that instead."""

    async def send(request: web.Request) -> web.Response:
        asset, origin = own, request.headers.get("Origin")
        vary = "Accept-Encoding" if for_strangers is None else "Accept-Encoding, Origin"
        headers = {"Vary": vary}
        if for_strangers is not None and origin is not None:  # a module is fetched with CORS
            asset = own if request.app[ORIGINS].allow(request, origin) else for_strangers
            headers["Access-Control-Allow-Origin"] = origin
        headers |= {"Cache-Control": asset.caching, "ETag": f'"{asset.etag}"'}
        if asset.etag in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers)
        headers["Content-Type"] = asset.media_type
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=asset.compressed, headers={**headers, "Content-Encoding": "gzip"})
        return web.Response(body=asset.body, headers=headers)

    return send
