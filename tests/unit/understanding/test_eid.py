"""Whether a text says that the phone shows an EID, denies it, or only asks."""

from __future__ import annotations

import pytest

from aftercare.understanding.eid import shows_eid


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I pressed it and there is EID with a long number", True),
        ("no no, it DOES show an EID! the steps please", True),
        ("*#06# gives me two IMEI and an EID, so fine?", True),
        ("ok EID is there", True),
        ("a 32 digit number came up", True),
        ("I said there IS an EID on the Huawei!", True),
        ("拨了 *#06# 有 EID", True),
        ("按了出来一串32位的数字", True),
        ("EID 显示了，下一步呢", True),
        ("螢幕上出現EID了", True),
        ("I dialled it and there is an EID", True),
        ("看到EID了", True),
        ("拨了有EID 就是港版 没锁 开关在哪", True),
        ("我妹拨了 *#06# 有EID 那她能用这个码吗", True),
        ("he sees an EID, can he use my code then?", True),
        ("有EID 吗", None),
        ("if I see an EID, then?", None),
        ("there is no EID", False),
        ("it doesn't show any EID", False),
        ("only IMEI, EID is missing", False),
        ("I can't see an eid anywhere", False),
        ("没有EID，只有IMEI", False),
        ("找不到 EID", False),
        ("EID 没有", False),
        ("where do I find the EID", None),
        ("if it shows an EID, does it work?", None),
        ("is there an EID on this phone", None),
        ("what is an EID", None),
        ("怎么看有没有EID", None),
        ("有EID吗", None),
        ("要有EID才能用", None),
        ("does having an EID guarantee it works", None),
        ("do I need an EID", None),
        ("someone asked for the EID of my phone", None),
        ("我手机是三星", None),
    ],
)
def test_what_is_said_of_the_eid(text: str, said: bool | None) -> None:
    assert shows_eid(text) is said
