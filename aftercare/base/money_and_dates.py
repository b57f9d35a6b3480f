"""How money, data and dates are written, the same in chat messages, invoices and tables."""

from __future__ import annotations

from datetime import date, datetime, tzinfo

from aftercare.base.language import Language

_SYMBOLS = {"NZD": "NZ$", "AUD": "A$", "USD": "US$", "EUR": "€", "CNY": "¥", "GBP": "£", "HKD": "HK$", "SGD": "S$"}
_WITHOUT_MINOR_UNITS = {"JPY", "KRW", "VND"}


def money(minor: int, currency: str) -> str:
    """An amount in minor units, e.g. 2900 NZD → NZ$29.00."""
    sign = "-" if minor < 0 else ""
    symbol = _SYMBOLS.get(currency, f"{currency} ")
    if currency in _WITHOUT_MINOR_UNITS:
        return f"{sign}{symbol}{abs(minor):,}"
    units, cents = divmod(abs(minor), 100)
    return f"{sign}{symbol}{units:,}.{cents:02d}"


def minor_units(currency: str) -> int:
    """How many minor units make one: 100 cents, but a yen has none."""
    return 1 if currency in _WITHOUT_MINOR_UNITS else 100


def decimal(minor: int, currency: str) -> str:
    """An amount in minor units as machines read it, e.g. 2900 NZD → 29.00."""
    units = minor_units(currency)
    return str(minor) if units == 1 else f"{minor / units:.2f}"


def data(mb: int) -> str:
    """An amount of data in MB, in GB from 1,000 MB up (1 GB = 1024 MB, as plans are sold)."""
    if mb < 1000:
        return f"{mb} MB"
    return f"{mb / 1024:.1f}".removesuffix(".0") + " GB"


def day(moment: datetime | date, language: Language, zone: tzinfo) -> str:
    """A date: 21 Nov 2026 / 2026年11月21日; a time is dated on the clocks of `zone`."""
    local = moment.astimezone(zone).date() if isinstance(moment, datetime) else moment
    if language == "zh":
        return f"{local.year}年{local.month}月{local.day}日"
    return f"{local.day} {local:%b %Y}"


def day_and_time(moment: datetime, language: Language, zone: tzinfo) -> str:
    """A date and time on the clocks of `zone`, without the year: 21 Nov, 03:30 / 11月21日 03:30."""
    local = moment.astimezone(zone)
    date_of = f"{local.month}月{local.day}日" if language == "zh" else f"{local.day} {local:%b},"
    return f"{date_of} {local:%H:%M}"
