"""Create the order database."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "customer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
        sa.UniqueConstraint("email", name=op.f("uq_customer_email")),
    )
    op.create_table(
        "device",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("brand", sa.String(length=40), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.Column("esim", sa.String(length=8), nullable=False),
        sa.Column("menu_family", sa.String(length=10), nullable=False),
        sa.Column("lte", sa.Boolean(), nullable=False),
        sa.Column("note_en", sa.String(length=300), nullable=True),
        sa.Column("note_zh", sa.String(length=300), nullable=True),
        sa.CheckConstraint("esim IN ('yes', 'no', 'depends')", name=op.f("ck_device_esim")),
        sa.CheckConstraint(
            "menu_family IN ('iphone', 'pixel', 'samsung', 'xiaomi', 'huawei', 'oppo', 'other')",
            name=op.f("ck_device_menu_family"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("brand", "model", name=op.f("uq_device_brand_model")),
    )
    op.create_table(
        "incident",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("operator", sa.String(length=40), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("region", sa.String(length=60), nullable=False),
        sa.Column("summary_en", sa.String(length=300), nullable=False),
        sa.Column("summary_zh", sa.String(length=300), nullable=False),
        sa.Column("starts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index("ix_incident_place", "incident", ["operator", "country", "region"], unique=False)
    op.create_table(
        "provider",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("hotline", sa.String(length=40), nullable=True),
        sa.Column("video_call_url", sa.String(length=300), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider")),
    )
    op.create_table(
        "verification_failure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(length=80), nullable=False),
        sa.Column("order_number", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification_failure")),
    )
    op.create_index(
        "ix_verification_failure_conversation", "verification_failure", ["conversation_id", "at"], unique=False
    )
    op.create_index("ix_verification_failure_order", "verification_failure", ["order_number", "at"], unique=False)
    op.create_table(
        "plan",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("provider_id", sa.String(length=40), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("name_zh", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("data_mb", sa.Integer(), nullable=True),
        sa.Column("fair_use_mb", sa.Integer(), nullable=True),
        sa.Column("throttle_kbps", sa.Integer(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("starts_at", sa.String(length=20), nullable=False),
        sa.Column("hotspot", sa.Boolean(), nullable=False),
        sa.Column("calls_sms", sa.Boolean(), nullable=False),
        sa.Column("top_up", sa.Boolean(), nullable=False),
        sa.Column("on_sale", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('nz_travel', 'nz_long_stay', 'nz_au', 'asia_pacific', 'global')", name=op.f("ck_plan_kind")
        ),
        sa.CheckConstraint("starts_at IN ('purchase', 'install', 'first_use')", name=op.f("ck_plan_starts_at")),
        sa.CheckConstraint("data_mb IS NOT NULL OR fair_use_mb IS NOT NULL", name=op.f("ck_plan_data")),
        sa.CheckConstraint("price_minor >= 0 AND days > 0", name=op.f("ck_plan_price_days")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_plan_provider_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
    )
    op.create_index(op.f("ix_plan_provider_id"), "plan", ["provider_id"], unique=False)
    op.create_table(
        "refund_policy",
        sa.Column("provider_id", sa.String(length=40), nullable=False),
        sa.Column("window_days", sa.Integer(), nullable=False),
        sa.Column("window_from", sa.String(length=20), nullable=False),
        sa.Column("data_limit_mb", sa.Integer(), nullable=True),
        sa.Column("installed_refundable", sa.Boolean(), nullable=False),
        sa.Column("deleted_refundable", sa.Boolean(), nullable=False),
        sa.Column("promotion_refundable", sa.Boolean(), nullable=False),
        sa.Column("partial_refund", sa.Boolean(), nullable=False),
        sa.Column("fault_window_days", sa.Integer(), nullable=False),
        sa.Column("fee_minor", sa.Integer(), nullable=False),
        sa.Column("exchange_allowed", sa.Boolean(), nullable=False),
        sa.Column("exchange_window_days", sa.Integer(), nullable=False),
        sa.Column("paid_to", sa.String(length=20), nullable=False),
        sa.Column("paid_within_days", sa.Integer(), nullable=False),
        sa.CheckConstraint("paid_to IN ('card', 'credit')", name=op.f("ck_refund_policy_paid_to")),
        sa.CheckConstraint(
            "window_from IN ('purchase', 'delivery', 'expiry')", name=op.f("ck_refund_policy_window_from")
        ),
        sa.CheckConstraint("data_limit_mb IS NULL OR data_limit_mb >= 0", name=op.f("ck_refund_policy_data_limit")),
        sa.CheckConstraint("fee_minor >= 0", name=op.f("ck_refund_policy_fee")),
        sa.CheckConstraint(
            "window_days >= 0 AND fault_window_days >= 0 AND exchange_window_days >= 0",
            name=op.f("ck_refund_policy_windows"),
        ),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_refund_policy_provider_id")),
        sa.PrimaryKeyConstraint("provider_id", name=op.f("pk_refund_policy")),
    )
    op.create_table(
        "plan_network",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.String(length=60), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("operator", sa.String(length=40), nullable=False),
        sa.Column("apn", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_network_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_network")),
        sa.UniqueConstraint("plan_id", "country", "operator", name=op.f("uq_plan_network_plan_id_country_operator")),
    )
    op.create_table(
        "promotion",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("provider_id", sa.String(length=40), nullable=False),
        sa.Column("plan_id", sa.String(length=60), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("title_en", sa.String(length=160), nullable=False),
        sa.Column("title_zh", sa.String(length=160), nullable=False),
        sa.Column("starts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('bonus_data', 'longer_validity', 'discount')", name=op.f("ck_promotion_kind")),
        sa.CheckConstraint("ends > starts", name=op.f("ck_promotion_period")),
        sa.CheckConstraint("value > 0", name=op.f("ck_promotion_value")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_promotion_plan_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_promotion_provider_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotion")),
    )
    op.create_index(op.f("ix_promotion_provider_id"), "promotion", ["provider_id"], unique=False)
    op.create_table(
        "purchase",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=10), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.String(length=60), nullable=False),
        sa.Column("promotion_id", sa.String(length=40), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("bought_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivery_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('paid', 'delivered', 'refunded', 'exchanged', 'cancelled', 'payment_failed')",
            name=op.f("ck_purchase_status"),
        ),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_purchase_amount")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_purchase_customer_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_purchase_plan_id")),
        sa.ForeignKeyConstraint(["promotion_id"], ["promotion.id"], name=op.f("fk_purchase_promotion_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase")),
        sa.UniqueConstraint("number", name=op.f("uq_purchase_number")),
    )
    op.create_index(op.f("ix_purchase_customer_id"), "purchase", ["customer_id"], unique=False)
    op.create_index(
        "ix_purchase_customer_plan_bought", "purchase", ["customer_id", "plan_id", "bought_at"], unique=False
    )
    op.create_table(
        "esim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("purchase_id", sa.Integer(), nullable=False),
        sa.Column("iccid", sa.String(length=20), nullable=False),
        sa.Column("smdp_address", sa.String(length=120), nullable=False),
        sa.Column("matching_id", sa.String(length=60), nullable=False),
        sa.Column("profile_state", sa.String(length=12), nullable=False),
        sa.Column("eid", sa.String(length=32), nullable=True),
        sa.Column("imei", sa.String(length=15), nullable=True),
        sa.Column("device_id", sa.String(length=60), nullable=True),
        sa.Column("carrier_locked", sa.Boolean(), nullable=False),
        sa.Column("registered", sa.Boolean(), nullable=False),
        sa.Column("installed_country", sa.String(length=2), nullable=True),
        sa.Column("last_country", sa.String(length=2), nullable=True),
        sa.Column("last_operator", sa.String(length=40), nullable=True),
        sa.Column("last_region", sa.String(length=60), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("data_total_mb", sa.Integer(), nullable=True),
        sa.Column("data_used_mb", sa.Integer(), nullable=False),
        sa.Column("used_today_mb", sa.Integer(), nullable=False),
        sa.Column("throttled_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("installed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_use_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "profile_state IN ('released', 'downloaded', 'installed', 'enabled', 'disabled', 'deleted')",
            name=op.f("ck_esim_profile_state"),
        ),
        sa.CheckConstraint("data_used_mb >= 0 AND used_today_mb >= 0", name=op.f("ck_esim_data")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_esim_device_id")),
        sa.ForeignKeyConstraint(["purchase_id"], ["purchase.id"], name=op.f("fk_esim_purchase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_esim")),
        sa.UniqueConstraint("iccid", name=op.f("uq_esim_iccid")),
        sa.UniqueConstraint("purchase_id", name=op.f("uq_esim_purchase_id")),
    )
    op.create_table(
        "refund_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("purchase_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("target_plan_id", sa.String(length=60), nullable=True),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("conversation_id", sa.String(length=80), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrives_by", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind = 'refund' OR target_plan_id IS NOT NULL", name=op.f("ck_refund_request_exchange_target")
        ),
        sa.CheckConstraint("kind IN ('refund', 'exchange')", name=op.f("ck_refund_request_kind")),
        sa.CheckConstraint(
            "state IN ('requested', 'approved', 'paid', 'declined', 'withdrawn')", name=op.f("ck_refund_request_state")
        ),
        sa.ForeignKeyConstraint(["purchase_id"], ["purchase.id"], name=op.f("fk_refund_request_purchase_id")),
        sa.ForeignKeyConstraint(["target_plan_id"], ["plan.id"], name=op.f("fk_refund_request_target_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_request")),
    )
    op.create_index(op.f("ix_refund_request_purchase_id"), "refund_request", ["purchase_id"], unique=False)
    op.create_index(
        "uq_refund_request_open",
        "refund_request",
        ["purchase_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('requested', 'approved')"),
        postgresql_where=sa.text("state IN ('requested', 'approved')"),
    )
    op.create_table(
        "ticket",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(length=80), nullable=False),
        sa.Column("purchase_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_by", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('open', 'claimed', 'closed')", name=op.f("ck_ticket_state")),
        sa.ForeignKeyConstraint(["purchase_id"], ["purchase.id"], name=op.f("fk_ticket_purchase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
    )
    op.create_index(op.f("ix_ticket_conversation_id"), "ticket", ["conversation_id"], unique=False)
    op.create_index(
        "uq_ticket_open",
        "ticket",
        ["conversation_id", "reason"],
        unique=True,
        sqlite_where=sa.text("state != 'closed'"),
        postgresql_where=sa.text("state != 'closed'"),
    )
    op.create_table(
        "top_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("purchase_id", sa.Integer(), nullable=False),
        sa.Column("data_mb", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("bought_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["purchase_id"], ["purchase.id"], name=op.f("fk_top_up_purchase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_top_up")),
    )
    op.create_index(op.f("ix_top_up_purchase_id"), "top_up", ["purchase_id"], unique=False)
    op.create_table(
        "verification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(length=80), nullable=False),
        sa.Column("purchase_id", sa.Integer(), nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("how IN ('email', 'identity')", name=op.f("ck_verification_how")),
        sa.ForeignKeyConstraint(["purchase_id"], ["purchase.id"], name=op.f("fk_verification_purchase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification")),
        sa.UniqueConstraint("conversation_id", "purchase_id", name=op.f("uq_verification_conversation_id_purchase_id")),
    )
    op.create_table(
        "usage_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("esim_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("operator", sa.String(length=40), nullable=False),
        sa.Column("used_mb", sa.Integer(), nullable=False),
        sa.CheckConstraint("used_mb >= 0", name=op.f("ck_usage_record_used")),
        sa.ForeignKeyConstraint(["esim_id"], ["esim.id"], name=op.f("fk_usage_record_esim_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_record")),
        sa.UniqueConstraint("esim_id", "day", "operator", name=op.f("uq_usage_record_esim_id_day_operator")),
    )


def downgrade() -> None:
    op.drop_table("usage_record")
    op.drop_table("verification")
    op.drop_index(op.f("ix_top_up_purchase_id"), table_name="top_up")
    op.drop_table("top_up")
    op.drop_index(
        "uq_ticket_open",
        table_name="ticket",
        sqlite_where=sa.text("state != 'closed'"),
        postgresql_where=sa.text("state != 'closed'"),
    )
    op.drop_index(op.f("ix_ticket_conversation_id"), table_name="ticket")
    op.drop_table("ticket")
    op.drop_index(
        "uq_refund_request_open",
        table_name="refund_request",
        sqlite_where=sa.text("state IN ('requested', 'approved')"),
        postgresql_where=sa.text("state IN ('requested', 'approved')"),
    )
    op.drop_index(op.f("ix_refund_request_purchase_id"), table_name="refund_request")
    op.drop_table("refund_request")
    op.drop_table("esim")
    op.drop_index("ix_purchase_customer_plan_bought", table_name="purchase")
    op.drop_index(op.f("ix_purchase_customer_id"), table_name="purchase")
    op.drop_table("purchase")
    op.drop_index(op.f("ix_promotion_provider_id"), table_name="promotion")
    op.drop_table("promotion")
    op.drop_table("plan_network")
    op.drop_table("refund_policy")
    op.drop_index(op.f("ix_plan_provider_id"), table_name="plan")
    op.drop_table("plan")
    op.drop_index("ix_verification_failure_order", table_name="verification_failure")
    op.drop_index("ix_verification_failure_conversation", table_name="verification_failure")
    op.drop_table("verification_failure")
    op.drop_table("provider")
    op.drop_index("ix_incident_place", table_name="incident")
    op.drop_table("incident")
    op.drop_table("device")
    op.drop_table("customer")
