"""How amounts, dates, data and states are written in each language."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from aftercare.base import money_and_dates
from aftercare.base.language import Language

_WORDS: dict[str, tuple[str, str]] = {
    # eSIM profile states (SGP.22)
    "released": ("not used yet", "尚未使用"),
    "downloaded": ("downloaded", "已下载"),
    "installed": ("installed", "已安装"),
    "enabled": ("switched on", "已启用"),
    "disabled": ("installed but switched off", "已安装但未启用"),
    "deleted": ("deleted", "已删除"),
    # order states
    "paid": ("paid", "已付款"),
    "delivered": ("delivered", "已发货"),
    "refunded": ("refunded", "已退款"),
    "exchanged": ("exchanged", "已更换"),
    "cancelled": ("cancelled", "已取消"),
    "payment_failed": ("not paid – the payment failed", "付款失败"),
    # request states
    "requested": ("requested", "已申请"),
    "approved": ("approved and on its way", "已批准，退款处理中"),
    "request_paid": ("paid out", "已退回"),
    "exchange_approved": ("approved; the new QR code comes by e-mail", "已批准，新二维码会发到邮箱"),
    "exchange_done": ("done", "已换好"),
    "declined": ("declined", "未批准"),
    "withdrawn": ("withdrawn", "已撤回"),
    "kind_refund": ("refund", "退款"),
    "kind_exchange": ("exchange", "换套餐"),
    # where money goes
    "card": ("card", "原付款卡"),
    "credit": ("shop credit", "商店余额"),
    # when a plan starts
    "purchase": ("at purchase", "购买时"),
    "install": ("when it is installed", "安装时"),
    "first_use": ("when the phone first connects in a covered country", "在覆盖国家首次联网时"),
}


class Wording:
    """Writes values for one language and timezone."""

    def __init__(self, language: Language, timezone: str) -> None:
        self.language = language
        self.zone = ZoneInfo(timezone)

    def pick(self, en: str, zh: str) -> str:
        """The text of this language."""
        return zh if self.language == "zh" else en

    def word(self, key: str | None) -> str:
        """A state or other fixed term; unknown terms are written as they are."""
        en, zh = _WORDS.get(key or "", (key or "unknown", key or "未知"))
        return self.pick(en, zh)

    def money(self, minor: int, currency: str) -> str:
        """An amount in minor units, e.g. 2900 NZD → NZ$29.00."""
        return money_and_dates.money(minor, currency)

    def data(self, mb: int) -> str:
        """An amount of data in MB, in GB from 1,000 MB up (1 GB = 1024 MB, as plans are sold)."""
        return money_and_dates.data(mb)

    def day(self, moment: datetime | date) -> str:
        """A date: 21 Nov 2026 / 2026年11月21日."""
        return money_and_dates.day(moment, self.language, self.zone)

    def time(self, moment: datetime) -> str:
        """A date and time in the support timezone."""
        local = moment.astimezone(self.zone)
        return self.pick(f"{local.day} {local:%b, %H:%M}", f"{local.month}月{local.day}日 {local:%H:%M}")

    def clock(self, moment: datetime) -> str:
        """A time of day in the support timezone."""
        return f"{moment.astimezone(self.zone):%H:%M}"

    def days(self, count: int) -> str:
        """A number of days."""
        return self.pick(f"{count} day" + ("" if count == 1 else "s"), f"{count} 天")

    def listing(self, items: list[str]) -> str:
        """Items joined as the language does."""
        return self.pick(", ", "、").join(items)

    @staticmethod
    def ticket(identifier: int) -> str:
        """A ticket's public number."""
        return f"T{identifier:06d}"

    def day_after(self, now: datetime, days: int) -> str:
        """The date `days` calendar days from now."""
        return self.day(now + timedelta(days=days))
