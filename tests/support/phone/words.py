"""What travellers type: what happened, and what the screen of their phone shows, in their words and language."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

Words = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Voice:
    """How somebody tells things: by what is told, then by language.

    `done` is what is said of a switch before what came of it: `changed`, or `so_before`. `of_make` is worded
    differently from make to make, `nothing` that the screen shows none of the symbols asked for.
    """

    openings: Mapping[str, Words]
    outcomes: Mapping[str, Words]
    screen: Mapping[str, Words]
    of_make: Mapping[tuple[str, str], Words]
    chatty: Words
    no_order: Words
    done: Mapping[str, Words] = field(default_factory=dict)
    nothing: Words = field(default_factory=dict)

    def of_screen(self, chance: random.Random, signs: Collection[str], family: str, language: str) -> str:
        """The signs as this traveller tells them; "" when there is nothing to tell."""
        told = []
        for sign in sorted(signs):
            make = self.of_make.get((sign, family)) or self.of_make.get((sign, "other")) or self.screen.get(sign)
            if make:
                told.append(chance.choice(make[language]))
        return joined(told, language)

    def sentences(self) -> dict[str, list[str]]:
        """All sentences by language, for the check that none of them is learnt from."""
        found: dict[str, list[str]] = {"en": [], "zh": []}
        named = (self.openings, self.outcomes, self.screen, self.of_make, self.done)
        groups = [*(words for group in named for words in group.values()), self.chatty, self.no_order, self.nothing]
        for words in groups:
            for language, sentences in words.items():
                found[language] += sentences
        return found


def joined(parts: Collection[str], language: str) -> str:
    """Parts of one sentence."""
    return ("，" if language == "zh" else ", ").join(filter(None, parts))


OPENINGS: Mapping[str, Words] = {
    "no_service": {
        "en": ("My travel eSIM gets no reception at all here", "just landed and the line for the trip has no signal"),
        "zh": ("到了以后旅行卡一点信号都没有", "刚下飞机，这张卡搜不到网"),
    },
    "no_data": {
        "en": ("I've got bars on the travel line but not one page opens", "signal is there, internet isn't"),
        "zh": ("信号是有的，可网页一个都打不开", "有格子，就是上不去网"),
    },
    "slow": {
        "en": ("internet on the travel eSIM crawls, pages take minutes", "everything loads so slowly on this eSIM"),
        "zh": ("网慢得要命，一个网页要等好几分钟", "这张卡上网特别卡"),
    },
}
OUTCOMES: Mapping[str, Words] = {
    "works": {
        "en": ("that did it, pages open now", "yes! it loads now", "up and running, pages come in"),
        "zh": ("可以了，网页出来了", "网页都能打开啦", "好使了"),
    },
    "failed": {
        "en": ("done that, no difference", "did it, nothing changed", "same as before I'm afraid"),
        "zh": ("照做了，没变化", "弄完还是老样子", "弄了一遍，没反应"),
    },
    "already": {
        "en": ("it was set like that already", "that one is already so", "already on before you said it"),
        "zh": ("本来就是这样设的", "这个原来就开着的", "早就是这样了"),
    },
    "no_service": {
        "en": ("now there's no signal any more", "the bars are gone now"),
        "zh": ("现在信号没了", "格子不见了，没信号"),
    },
    "no_data": {
        "en": ("now I see bars, but pages still don't load", "got bars back, internet isn't there yet"),
        "zh": ("现在有信号格了，但网页还是打不开", "信号回来了，上网还是不行"),
    },
    "slow": {
        "en": ("it loads now but terribly slowly", "pages do open, only very very slow"),
        "zh": ("能打开了，就是特别慢", "可以上，但是慢得不行"),
    },
}
SCREEN: Mapping[str, Words] = {
    "airplane_symbol": {
        "en": ("a plane icon sits where the bars were", "I see an airplane icon up there"),
        "zh": ("角上挂着个飞机标", "顶上显示一个飞机图标"),
    },
    "vpn_symbol": {
        "en": ("it says VPN next to the clock", "there's a small key symbol on top"),
        "zh": ("时间旁边写着 VPN", "顶上有个小钥匙"),
    },
    "old_network": {
        "en": ("next to the bars it says 3G", "it shows an E beside the bars"),
        "zh": ("信号旁边写的是 3G", "格子旁边是个 E"),
    },
    "data_saver": {
        "en": ("there's the data saver icon", "I can see the sign of the data saver"),
        "zh": ("有省流量的图标", "顶上有个流量节省的标志"),
    },
    "wifi_symbol": {"en": ("the Wi-Fi fan is showing",), "zh": ("显示着 Wi-Fi 的扇形",)},
    "searching": {"en": ("it keeps saying Searching",), "zh": ("一直显示正在搜索",)},
    "no_service": {"en": ("the top says No Service",), "zh": ("最上面写的是无服务",)},
    "bars": {"en": ("I see signal bars",), "zh": ("看得到几格信号",)},
}
# Where makes word the same thing differently.
_OF_MAKE: Mapping[tuple[str, str], Words] = {
    ("emergency_only", "iphone"): {"en": ("it just shows SOS",), "zh": ("只显示 SOS",)},
    ("emergency_only", "other"): {
        "en": ("where the bars were I read Emergency calls only",),
        "zh": ("角上写着仅限紧急呼叫",),
    },
    ("no_sim", "iphone"): {"en": ("the corner reads No SIM",), "zh": ("显示无 SIM 卡",)},
    ("no_sim", "other"): {"en": ("there's a crossed-out SIM card symbol",), "zh": ("有个打叉的 SIM 卡图标",)},
}
CHATTY: Words = {
    "en": ("hang on, my daughter is calling", "what a beautiful country by the way", "sorry, one second"),
    "zh": ("等一下哈，孩子叫我", "这边风景真好", "稍等，我找个地方坐下"),
}
NO_ORDER: Words = {"en": ("I don't have the order number with me",), "zh": ("订单号不在手边",)}
PLAIN = Voice(OPENINGS, OUTCOMES, SCREEN, _OF_MAKE, CHATTY, NO_ORDER)


def every_sentence() -> dict[str, list[str]]:
    """All sentences by language, for the check that none of them is learnt from."""
    return PLAIN.sentences()
