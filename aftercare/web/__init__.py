"""The aiohttp side of the desk for travellers: chat API, widget, media, pages."""
