"""The invoice of an order as a PDF: what was bought, from whom, by whom, what was paid and paid back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.base import money_and_dates
from aftercare.documents.fonts import FONT
from aftercare.documents.locales import Locale, language_of, write
from aftercare.orders.tables import Customer, Plan, Provider, Purchase, RefundRequest, TopUp

# states of an order in which money has changed hands
_PAID = ("paid", "delivered", "refunded", "exchanged", "cancelled")


@dataclass(frozen=True)
class InvoiceLine:
    """One payment; a refund is negative. `amount_minor` in minor units of `currency`."""

    at: datetime
    text_en: str
    text_zh: str
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class Invoice:
    """What an invoice says. Lines are in order of time."""

    number: str
    seller_en: str
    seller_zh: str
    seller_email: str
    buyer: str
    buyer_email: str
    issued_at: datetime
    lines: tuple[InvoiceLine, ...]

    @property
    def totals(self) -> dict[str, int]:
        """What remains paid, in minor units by currency."""
        sums: dict[str, int] = {}
        for line in self.lines:
            sums[line.currency] = sums.get(line.currency, 0) + line.amount_minor
        return sums


def invoice_of(session: Session, number: str, now: datetime) -> Invoice | None:
    """The invoice of order `number` at `now`; None when it is unknown or was never paid. Callers check ownership."""
    found = session.execute(
        sa.select(Purchase, Plan, Provider, Customer)
        .join(Plan, Purchase.plan_id == Plan.id)
        .join(Provider, Plan.provider_id == Provider.id)
        .join(Customer, Purchase.customer_id == Customer.id)
        .where(Purchase.number == number)
    ).one_or_none()
    if found is None or found.Purchase.status not in _PAID:
        return None
    purchase, plan, provider, customer = found
    lines = [InvoiceLine(purchase.bought_at, plan.name_en, plan.name_zh, purchase.amount_minor, purchase.currency)]
    for top_up in session.scalars(sa.select(TopUp).where(TopUp.purchase_id == purchase.id)):
        en, zh = _top_up(top_up.data_mb, top_up.days)
        lines.append(InvoiceLine(top_up.bought_at, en, zh, top_up.amount_minor, top_up.currency))
    paid_back = sa.select(RefundRequest).where(
        RefundRequest.purchase_id == purchase.id, RefundRequest.kind == "refund", RefundRequest.state == "paid"
    )
    for refund in session.scalars(paid_back):
        at = refund.decided_at or refund.requested_at
        lines.append(InvoiceLine(at, "Refund", "退款", -refund.amount_minor, refund.currency))
    return Invoice(
        number=purchase.number,
        seller_en=provider.name_en,
        seller_zh=provider.name_zh,
        seller_email=provider.email,
        buyer=customer.name,
        buyer_email=customer.email,
        issued_at=now,
        lines=tuple(sorted(lines, key=lambda line: line.at)),
    )


def _top_up(data_mb: int, days: int) -> tuple[str, str]:
    en = [f"{money_and_dates.data(data_mb)} of data"] if data_mb else []
    zh = [f"{money_and_dates.data(data_mb)} 流量"] if data_mb else []
    if days:
        en.append(f"{days} day{'' if days == 1 else 's'}")
        zh.append(f"{days} 天")
    return "Top-up: " + ", ".join(en), "加油包：" + "、".join(zh)


def invoice_pdf(invoice: Invoice, locale: Locale, zone: tzinfo) -> bytes:
    """The invoice as a PDF of one A4 page or more, dated on the clocks of `zone`."""
    from fpdf import FPDF  # takes long to load, and few travellers ask for an invoice
    from fpdf.enums import TableBordersLayout
    from fpdf.fonts import FontFace

    def day(moment: datetime) -> str:
        return money_and_dates.day(moment, language_of(locale), zone)

    def paragraph(text: str, size: float, space: float = 0.0, grey: int = 30) -> None:
        pdf.set_font("document", size=size)
        pdf.set_text_color(grey)
        pdf.multi_cell(0, size * 0.55, text, align="L", new_x="LMARGIN", new_y="NEXT")
        pdf.ln(space)

    def facts(pairs: Sequence[tuple[str, str]]) -> None:
        for label, value in pairs:
            pdf.set_font("document", size=10.5)
            pdf.set_text_color(100)
            pdf.cell(38, 7, label)
            pdf.set_text_color(30)
            pdf.multi_cell(0, 7, value, align="L", new_x="LMARGIN", new_y="NEXT")

    seller = write(locale, invoice.seller_en, invoice.seller_zh)
    title = write(locale, "Invoice and receipt", "账单收据（Invoice）")
    pdf = FPDF(format="A4")
    pdf.set_margin(22)
    pdf.set_lang(locale)
    pdf.set_title(f"{title} {invoice.number}")
    pdf.set_creation_date(invoice.issued_at)
    pdf.add_font("document", fname=FONT)
    pdf.add_page()
    paragraph(seller, 13, 4)
    paragraph(title, 22, 5)
    facts(
        [
            (write(locale, "Order", "订单号"), invoice.number),
            (write(locale, "Issued", "开具日期"), day(invoice.issued_at)),
            (write(locale, "Seller", "商家"), f"{seller} · {invoice.seller_email}"),
            (write(locale, "Customer", "客户"), f"{invoice.buyer} · {invoice.buyer_email}"),
        ]
    )
    pdf.ln(8)
    pdf.set_draw_color(190)
    with pdf.table(
        col_widths=(24, 52, 24),
        text_align=("LEFT", "LEFT", "RIGHT"),
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=FontFace(color=100),
        line_height=8,
    ) as table:
        table.row((write(locale, "Date", "日期"), write(locale, "What", "项目"), write(locale, "Amount", "金额")))
        for line in invoice.lines:
            amount = money_and_dates.money(line.amount_minor, line.currency)
            table.row((day(line.at), write(locale, line.text_en, line.text_zh), amount))
        for currency, minor in invoice.totals.items():
            table.row(("", write(locale, "Total paid", "实付合计"), money_and_dates.money(minor, currency)))
    pdf.ln(8)
    paragraph(
        write(
            locale,
            "GST is included where it applies.\n"
            f"For a tax invoice with a company name, ask in the chat or write to {invoice.seller_email}.",
            "金额已含适用的 GST（商品及服务税）。\n本收据不是中国大陆的税务发票。\n"
            f"如需带公司名称的税务发票，请在聊天中提出，或发邮件至 {invoice.seller_email}。",
        ),
        9.5,
        grey=100,
    )
    return bytes(pdf.output())
