"""The addresses of the chat API, as docs/chat-api.yaml describes them."""

from __future__ import annotations

from aiohttp import web

from aftercare.web.chat import conversation, events, messages, own_data, pictures, sessions, starters, typing_notice


def add_routes(app: web.Application) -> None:
    """Add the chat API to the desk."""
    app.router.add_post("/api/chat/sessions", sessions.open_session)
    app.router.add_get("/api/chat/starters", starters.list_starters, allow_head=False)
    app.router.add_post("/api/chat/messages", messages.post_message)
    app.router.add_post("/api/chat/pictures", pictures.upload)
    app.router.add_post("/api/chat/typing", typing_notice.post_typing)
    app.router.add_post("/api/chat/end", conversation.close)
    app.router.add_post("/api/chat/rating", conversation.feedback)
    app.router.add_post("/api/chat/language", conversation.set_language)
    app.router.add_get("/api/chat/events", events.stream, allow_head=False)
    app.router.add_get("/api/chat/conversation", own_data.download, allow_head=False)
    app.router.add_delete("/api/chat/conversation", own_data.delete)
    app.router.add_get("/api/chat/transcript-mail", own_data.mail_available, allow_head=False)
    app.router.add_post("/api/chat/transcript-mail", own_data.mail)
    app.router.add_get("/media/{picture}", pictures.show)
