"""How money, data and dates are written, the same in chat messages, invoices and tables."""

from __future__ import annotations

from datetime import date, datetime, tzinfo

from aftercare.base.language import Language

_SYMBOLS = {"NZD": "NZ$", "AUD": "A$", "USD": "US$", "EUR": "€", "CNY": "¥", "GBP": "£", "HKD": "HK$", "SGD": "S$"}
# ISO 4217: the codes of money that people pay with, by how many decimals an amount has
_DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP"
    " CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR"
    " JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN"
    " NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP"
    " SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
}
_DECIMALS_OF = {code: decimals for decimals, codes in _DECIMALS.items() for code in codes.split()}


def money(minor: int, currency: str) -> str:
    """An amount in minor units, e.g. 2900 NZD → NZ$29.00."""
    sign = "-" if minor < 0 else ""
    symbol = _SYMBOLS.get(currency, f"{currency} ")
    return f"{sign}{symbol}{_written(abs(minor), currency, ',')}"


def minor_units(currency: str) -> int:
    """How many minor units make one: 100 cents, but a yen has none."""
    return int(10 ** decimals_of(currency))


def decimals_of(currency: str) -> int:
    """How many decimals an amount has."""
    return _DECIMALS_OF.get(currency, 2)


def is_currency(code: str) -> bool:
    """Whether it is a code of ISO 4217."""
    return code in _DECIMALS_OF


def _written(minor: int, currency: str, thousands: str = "") -> str:
    decimals = decimals_of(currency)
    whole, rest = divmod(minor, 10**decimals)
    return f"{whole:{thousands}}.{rest:0{decimals}d}" if decimals else f"{whole:{thousands}}"


def decimal(minor: int, currency: str) -> str:
    """An amount in minor units as machines read it, e.g. 2900 NZD → 29.00."""
    return f"{'-' if minor < 0 else ''}{_written(abs(minor), currency)}"


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
