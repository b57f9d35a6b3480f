"""Cantonese words as the Mandarin ones that mean the same, for comparing messages; Simplified in and out."""

from __future__ import annotations

import re

_MANDARIN = {
    "点解": "为什么", "边度": "哪里", "边个": "哪个", "而家": "现在", "宜家": "现在", "几时": "什么时候",
    "几耐": "多久", "几多": "多少", "乜嘢": "什么", "乜野": "什么", "做乜": "为什么", "唔使": "不用", "唔该": "谢谢",
    "多得": "谢谢", "点样": "怎么", "点整": "怎么弄", "跟住": "然后", "系咪": "是不是", "可唔可以": "可不可以",
    "得唔得": "行不行", "唔得": "不行", "用唔到": "用不了", "上唔到": "上不了", "搞掂": "搞定", "琴日": "昨天",
    "寻日": "昨天", "噚日": "昨天", "听日": "明天", "今朝": "今早", "屋企": "家里", "电话": "手机", "阵间": "等会",
    "头先": "刚才", "啱啱": "刚刚", "忽然间": "突然", "返嚟": "回来", "晒": "完", "冇": "没有", "唔": "不",
    "系": "是", "喺": "在", "嘅": "的", "咗": "了", "佢": "他", "哋": "们", "睇": "看", "揾": "找", "搵": "找",
    "俾": "给", "畀": "给", "啲": "些", "嘢": "东西", "嗰": "那", "仲": "还", "咁": "这么", "㗎": "的", "嚟": "来",
    "喇": "了", "啱": "刚", "揿": "按", "攞": "拿",
}  # fmt: skip
_WORDS = re.compile("|".join(sorted(map(re.escape, _MANDARIN), key=len, reverse=True)))
# Written in Cantonese only: without one of these a word such as 系 or 晒 is Mandarin.
_MARKS = re.compile(
    "[冇唔喺嘅咗佢哋睇揾搵俾畀啲嘢嗰咁㗎嚟喇啱揿攞]|点解|边度|边个|乜|而家|系咪|几耐|得唔|琴日|噚日|屋企"
)


def as_mandarin(text: str) -> str:
    """`text` with its Cantonese words replaced; as it is when nothing in it is only Cantonese."""
    return _WORDS.sub(lambda found: _MANDARIN[found[0]], text) if _MARKS.search(text) else text
