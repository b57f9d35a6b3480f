"""The state of the eSIM that a text tells."""

from __future__ import annotations

import pytest

from aftercare.understanding.named_state import named_state


@pytest.mark.parametrize(
    ("state", "texts"),
    [
        (
            "not_installed",
            [
                "it isn't installed on anything yet",
                "I never scanned the code",
                "erased the mail before setting it up",
                "the QR is still unused",
                "the first attempt to add it failed",
                "deleted the e-mail and haven't installed it",
                "码还没扫",
                "还没有安装，邮件删了",
                "扫了一次失败了",
                "码没用过",
            ],
        ),
        (
            "installed",
            ["it's already installed", "we installed everything at home", "已经装好了", "昨晚在家装好了", "张卡装咗"],
        ),
        (
            "in_use",
            ["I've only used half of it", "5 gb left of ten", "burned about 2 GB", "用了一半就回来了", "剩了一大半"],
        ),
        ("ended", ["my plan has expired", "套餐昨天到期"]),
        (
            "deleted",
            [
                "my son deleted the esim",
                "i did a factory reset",
                "reset my phone by mistake",
                "手滑把卡删了",
                "手机重置了",
            ],
        ),
        (
            None,
            [
                "should I delete it",
                "deleted the e-mail with the code",
                "把邮件删了",
                "要不要删了重装",
                "nothing loads",
                "SIM not activated",
                "设置里没有添加eSIM",
                "can i set it up before i fly",
                "先装好行不行",
                "会不会用完",
            ],
        ),
    ],
)
def test_the_state_that_is_told(state: str | None, texts: list[str]) -> None:
    assert {text: named_state(text) for text in texts} == dict.fromkeys(texts, state)
