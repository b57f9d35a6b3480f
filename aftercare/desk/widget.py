"""Serves the chat widget and the demo shop page: plain files, kept in memory, compressed once."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from aftercare.catalogue import load_catalogue
from aftercare.desk.errors import Handler
from aftercare.desk.security import ORIGINS
from aftercare.settings import ROOT

FOLDER = ROOT / "widget"
SHOP = "kiwi-roam"  # the provider in whose name the demo shop sells
FOREVER = "public, max-age=31536000, immutable"
CHECK = "public, max-age=0, must-revalidate"

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
    parts = {path.name: path.read_bytes() for path in sorted((folder / "parts").glob("*.js"))}
    digest = hashlib.sha256(b"\0".join(parts.values())).hexdigest()[:12]
    entry = (folder / "widget.js").read_bytes().replace(b'"./parts/', f'"./widget/{digest}/'.encode())
    assets = {f"/widget/{digest}/{name}": Asset.of(body, ".js", FOREVER) for name, body in parts.items()}
    return {"/widget.js": Asset.of(entry, ".js", CHECK), **assets}


def shop_assets(folder: Path = FOLDER / "shop") -> dict[str, Asset]:
    """The demo shop page and its files by path."""
    names = ("shop.js", "shop.css", "orders.json")
    page = Asset.of((folder / "index.html").read_bytes(), ".html", CHECK)
    return {
        "/": page,
        "/shop": page,
        **{f"/shop/{name}": Asset.of((folder / name).read_bytes(), Path(name).suffix, CHECK) for name in names},
    }


def add_routes(app: web.Application) -> None:
    """Add /widget.js with its modules, and the demo shop at / and /shop."""
    for path, asset in {**widget_assets(), **shop_assets()}.items():
        app.router.add_get(path, _sender(asset, path.startswith("/widget")))
    app.router.add_get("/shop/plans.json", plans)


async def plans(_request: web.Request) -> web.Response:
    """What the demo shop sells, from the catalogue as it is; money in minor units."""
    catalogue = await asyncio.get_running_loop().run_in_executor(None, load_catalogue)
    sold = [plan for plan in catalogue.plans if plan.provider_id == SHOP and plan.on_sale]
    fields = {"id", "name_en", "name_zh", "data_mb", "days", "price_minor", "currency"}
    return web.json_response([plan.dict(include=fields) for plan in sold], headers={"Cache-Control": CHECK})


def _sender(asset: Asset, for_other_sites: bool) -> Handler:
    async def send(request: web.Request) -> web.Response:
        headers = {"Cache-Control": asset.caching, "ETag": f'"{asset.etag}"', "Vary": "Accept-Encoding"}
        origin = request.headers.get("Origin")
        if for_other_sites:  # a module is fetched with CORS: only the sites that may use the chat get it
            headers["Vary"] = "Accept-Encoding, Origin"
            if origin is not None and request.app[ORIGINS].allow(request, origin):
                headers["Access-Control-Allow-Origin"] = origin
        if asset.etag in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers)
        headers["Content-Type"] = asset.media_type
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=asset.compressed, headers={**headers, "Content-Encoding": "gzip"})
        return web.Response(body=asset.body, headers=headers)

    return send
