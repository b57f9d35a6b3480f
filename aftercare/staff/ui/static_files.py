"""Serves the staff pages' scripts and styles: kept in memory, with a digest in their address so browsers keep them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from aiohttp import web

from aftercare.staff.access.permissions import public_file
from aftercare.web.widget import FOREVER, Asset

FOLDER = Path(__file__).parents[1] / "static"
_SUFFIXES = {".js", ".css", ".svg", ".json"}


class StaticFiles:
    """The files of a folder under one common digest, so that modules may import each other by relative paths."""

    def __init__(self, folder: Path = FOLDER) -> None:
        bodies = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.suffix in _SUFFIXES
        }
        self.digest = hashlib.sha256(b"\0".join(k.encode() + v for k, v in bodies.items())).hexdigest()[:12]
        self.assets = {name: Asset.of(body, Path(name).suffix, FOREVER) for name, body in bodies.items()}

    def url(self, name: str) -> str:
        """The address of a file.

        Raises:
            KeyError: there is no such file.
        """
        self.assets[name]
        return f"/desk/static/{self.digest}/{name}"


STATIC = web.AppKey("static", StaticFiles)


def add_routes(app: web.Application) -> None:
    """Serve the folder under /desk/static/<digest>/."""
    app[STATIC] = StaticFiles()
    app.router.add_get("/desk/static/{digest}/{name:.+}", file)


@public_file
async def file(request: web.Request) -> web.Response:
    """GET /desk/static/…: a file; with the digest of another release the present one, which is not kept."""
    static = request.app[STATIC]
    asset = static.assets.get(request.match_info["name"])
    if asset is None:
        raise web.HTTPNotFound
    current = request.match_info["digest"] == static.digest
    headers = {"Cache-Control": asset.caching if current else "no-cache", "ETag": f'"{asset.etag}"'}
    headers["Vary"] = "Accept-Encoding"
    headers["Content-Type"] = asset.media_type
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return web.Response(status=304, headers=headers)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return web.Response(body=asset.compressed, headers={**headers, "Content-Encoding": "gzip"})
    return web.Response(body=asset.body, headers=headers)
