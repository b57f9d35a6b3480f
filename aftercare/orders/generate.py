"""Makes up a few hundred orders, the same every time, so that lists and look-ups meet a realistic number of rows."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from aftercare.base.identifiers import luhn_digit
from aftercare.catalogue.load import kinds_for
from aftercare.catalogue.models import Catalogue, Device, Plan, Provider
from aftercare.orders.demo import DescribedOrder, DescribedProfile

FIRST_NUMBER = 20000001
_ENGLISH = [
    "Olivia Brown", "Jack Taylor", "Amelia Clarke", "Noah Martin", "Isla Young", "Leo Hughes", "Ava Thompson",
    "Max Fischer", "Lena Weber", "Hugo Laurent", "Chloe Dubois", "Marco Bianchi", "Elena Garcia", "Pablo Moreno",
    "Priya Nair", "Arjun Mehta", "Aroha Ngata", "Hana Sato", "Kenji Ito", "Min-jun Park", "Linh Nguyen", "Somchai Dee",
    "Nurul Aziz", "Maya Cohen", "Erik Larsen", "Freja Nielsen", "Liam Murphy", "Zoe Evans", "Sam Walker", "Ruby Hall",
]  # fmt: skip
_CHINESE = [
    ("张伟", "zhang.wei"), ("王芳", "wang.fang"), ("李静", "li.jing"), ("刘洋", "liu.yang"), ("陈杰", "chen.jie"),
    ("杨敏", "yang.min"), ("赵磊", "zhao.lei"), ("黄丽", "huang.li"), ("周强", "zhou.qiang"), ("吴娟", "wu.juan"),
    ("徐明", "xu.ming"), ("孙燕", "sun.yan"), ("马超", "ma.chao"), ("朱琳", "zhu.lin"), ("胡军", "hu.jun"),
    ("郭雪", "guo.xue"), ("何平", "he.ping"), ("高翔", "gao.xiang"), ("林涛", "lin.tao"), ("罗文", "luo.wen"),
    ("郑爽", "zheng.shuang"), ("梁宇", "liang.yu"), ("谢婷", "xie.ting"), ("宋佳", "song.jia"), ("唐勇", "tang.yong"),
]  # fmt: skip
_MATCHING = "0123456789ABCDEFGHJKMNPQRSTUVWXYZ"


def generate_orders(catalogue: Catalogue, count: int = 300) -> tuple[DescribedOrder, ...]:
    """`count` orders of the last five months; equal catalogues give equal orders."""
    random = Random(64)  # noqa: S311 - made-up data, not a secret
    phones = [device for device in catalogue.devices if device.esim == "yes"]
    plans = [plan for plan in catalogue.plans if plan.on_sale]
    providers = {provider.id: provider for provider in catalogue.providers}
    orders = []
    for place in range(count):
        plan = random.choice(plans)
        age = timedelta(minutes=random.randint(60, 20 * 1440 if random.random() < 0.4 else 150 * 1440))
        orders.append(_order(random, place, plan, age, random.choice(phones), providers[plan.provider_id], catalogue))
    return tuple(orders)


def _order(
    random: Random, place: int, plan: Plan, age: timedelta, phone: Device, provider: Provider, catalogue: Catalogue
) -> DescribedOrder:
    buyer = random.randrange(240)  # fewer buyers than orders: some come back
    if buyer % 5 < 3:
        name, address = _CHINESE[buyer % len(_CHINESE)]
        language = "zh"
    else:
        name = _ENGLISH[buyer % len(_ENGLISH)]
        address, language = name.lower().replace(" ", ".").replace("-", ""), "en"
    common: dict[str, object] = {
        "number": f"NZ{FIRST_NUMBER + place}",
        "email": f"{address}{buyer}@example.net",
        "name": name,
        "language": language,
        "plan_id": plan.id,
        "bought": -age,
        "promotion_id": _promotion(random, plan, age, catalogue),
    }
    fate = random.random()
    if fate < 0.05:
        return DescribedOrder.model_validate(common | {"status": "cancelled" if fate < 0.03 else "payment_failed"})
    esim = _esim(random, place, plan, age, phone, provider, catalogue)
    delivered = -age + timedelta(minutes=random.randint(1, 12))
    common |= {"delivered": delivered, "esim": esim}
    if esim.profile_state == "released" and age > timedelta(days=4) and random.random() < 0.35:
        # Soon after the purchase, and paid by now unless that was only days ago.
        asked = age - timedelta(minutes=random.randint(60, 4000))
        state = "paid" if asked > timedelta(days=12) else "approved"
        common["refund"] = {"requested": -asked, "state": state}
    if esim.daily_mb and plan.top_up and random.random() < 0.08:
        extra = {"data_mb": 1024, "days": 0, "amount_minor": plan.price_minor // 3, "bought": esim.first_use}
        common["top_ups"] = [extra]
    return DescribedOrder.model_validate(common)


def _promotion(random: Random, plan: Plan, age: timedelta, catalogue: Catalogue) -> str | None:
    """An offer that ran when the order was placed; offers with calendar dates are left to real orders."""
    days = -(age / timedelta(days=1))
    fitting = [
        offer.id
        for offer in catalogue.promotions
        if offer.provider_id == plan.provider_id
        and offer.plan_id in (None, plan.id)
        and isinstance(offer.starts, float)
        and isinstance(offer.ends, float)
        and offer.starts <= days <= offer.ends
    ]
    return random.choice(fitting) if fitting and random.random() < 0.4 else None


def _esim(
    random: Random, place: int, plan: Plan, age: timedelta, phone: Device, provider: Provider, catalogue: Catalogue
) -> DescribedProfile:
    """A profile in a state that fits the age of its order, from released to deleted."""
    base = f"89883000010{place:07d}"
    values: dict[str, object] = {
        "iccid": base + luhn_digit(base),
        "smdp_address": f"smdp.{provider.email.split('@')[1]}",
        "matching_id": "-".join("".join(random.choices(_MATCHING, k=5)) for _ in range(3)),
        "device_id": phone.id,
    }
    waits = timedelta(minutes=random.randint(30, 18 * 1440))
    if age < waits or random.random() < 0.12:
        return DescribedProfile.model_validate(values)
    installed = age - waits
    values |= {"eid": _eid(random), "imei": _imei(random), "installed": -installed}
    values["installed_country"] = random.choice(["NZ", "NZ", "CN", "AU", "JP", "GB", "US"])
    first_use = installed.days - random.randint(0, 3)
    if first_use < 1:
        return DescribedProfile.model_validate(values | {"profile_state": "installed"})
    trip = min(plan.days, first_use, random.randint(4, plan.days if plan.kind in kinds_for("stay") else 24))
    network = random.choice([network for network in plan.networks if network.country == "NZ" or random.random() < 0.3])
    away = first_use > trip
    daily, today = _use(random, plan, trip)
    values |= {
        "first_use": -timedelta(days=first_use),
        "daily_mb": daily,
        "used_today_mb": 0 if away else today,
        "profile_state": random.choice(["enabled", "disabled", "disabled", "deleted"]) if away else "enabled",
        "registered": not away and random.random() < 0.9,
        "last_seen": -timedelta(days=first_use - trip, minutes=random.randint(1, 300)),
        "last_country": network.country,
        "last_operator": network.operator,
        "last_region": random.choice(catalogue.regions).name if network.country == "NZ" else None,
    }
    return DescribedProfile.model_validate(values)


def _use(random: Random, plan: Plan, days: int) -> tuple[tuple[int, ...], int]:
    """MB of each of `days` days and of the day after, never beyond the plan's data."""
    left = plan.data_mb if plan.data_mb is not None else days * 4096
    use = []
    for _ in range(days + 1):
        use.append(min(left, int(random.lognormvariate(5.6, 0.8))))
        left -= use[-1]
    return tuple(use[:-1]), use[-1]


def _eid(random: Random) -> str:
    start = int(f"89049032{random.randrange(10**22):022d}00")
    return str(start + (98 - start % 97))


def _imei(random: Random) -> str:
    base = f"35{random.randrange(10**12):012d}"
    return base + luhn_digit(base)
