"""Telegram: the same conversations as in the widget, carried to and from private chats with the bot."""
