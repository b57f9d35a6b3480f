"""Short questions that only mean something after what was said last."""

from __future__ import annotations

import re

from aftercare.understanding.clauses import clause_ends

_HOW_LONG = re.compile(
    # said before the question itself: "hang on, …", "等一下，…"
    r"\W*(?:(?:hang on|hold on|wait|one (?:sec(?:ond)?|moment|question)|before (?:that|you do)|first|sorry|hmm+|well"
    r"|ok(?:ay)?|and|so|but|just|请问|請問|等等|等一下|等下|等会|等會|先问一下|先问下|先問一下|对了|對了)[\s,，.:;!-]*){0,2}"
    r"(?:how (?:long|soon|much longer)|when(?! (?:did|was|were|have|had)))\b"
    r"(?:(?! refund| plan| valid| expire).){0,40}"
    r"|\W*(?:(?:请问|請問|等等|等一下|等下|等会|等會|先问一下|先问下|先問一下|对了|對了)[\s，,。]*)?(?:钱|錢|款|退款)?"
    r"(?:那|这个|這個|大概|大约|還|还|正常|一般|通常)*(?:要|需要|得)?(?:等)?多久.{0,8}|.{0,6}(?:什么时候|什麼時候|几时|啥时候)(?:能|才|会)?(?:好|修好|恢复|恢復|到|有|行).{0,3}",
    re.IGNORECASE,
)
_WHY = re.compile(
    r"\W*(?:but )?why(?: not| is that| can'?t i)?\W*"
    r"|\W*(?:那|可是|但)?(?:为什么|為什麼|为啥|凭什么)(?:不能|不可以|不给|不行)?(?:退|换)?(?:啊|呢)?\W*",
    re.IGNORECASE,
)
_JOINS = r"\W*(?:and |so |ok(?:ay)?,? |but |then |well,? |oh,? |h+m+,? )*"
_WHAT_NOW = re.compile(
    rf"{_JOINS}what (?:now|next|else|(?:do|can|should|shall) (?:i|we) do)"
    r"(?: (?:now|then|next|about (?:it|that|this)))*\W*"
    rf"|{_JOINS}what (?:else )?can you (?:still )?(?:do|offer)(?: for me)?"
    r"(?: without \w+(?: \w+)?)?\W*"
    rf"|{_JOINS}what (?:are|other) (?:my |the )?options(?: do i have)?\W*"
    r"|\W*(?:那|那么|那麼)?(?:还|還)?有(?:没有)?(?:什么|什麼|啥|其他|别的|別的)*(?:办法|辦法|法子|选择|選擇)[呢啊呀吗嗎]?\W*"
    r"|\W*(?:那)?(?:不用|没有|沒有|没|沒)(?:订单号?|訂單號?|单号|單號)?.{0,3}(?:能|可以)(?:帮我)?.{0,4}(?:什么|什麼|啥)[呢啊]?\W*"
    r"|\W*(?:那|那么|那麼|这|這)?(?:我们|我們|我)?(?:现在|現在|接下来|接下來|下一步)?(?:该|該|要|可以)?(?:怎么办|怎麼辦|怎么做|怎麼做|点算|點算)"
    r"[呢啊呀]?\W*",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"[?？]|[吗嗎呢]\W*$|什么|什麼|怎么|怎麼|怎样|哪|几时|多久|多少|能不能|可不可以|咩|点解|點解"
    r"|\b(?:can|could|will|would|is|are|do|does|did|should|may|has|have)"
    r" (?:i|you|he|she|it|the|my|your|his|her|there|we|they|this|that)\b"
    r"|^\W*(?:what|when|where|why|how|which|who)\b",
    re.IGNORECASE,
)
_UNTIL_WHEN = re.compile(
    r"\W*(?:(?:and|so|but|ok(?:ay)?)\s+)?(?:until|till|by) when\b.{0,40}"
    r"|\W*那?要?到(?:什么时候|什麼時候|几点|幾點).{0,6}",
    re.I,
)
_CLAUSES = clause_ends()
_LONGEST = 70
# Whether the eSIM may still be used: "will the plan still work", "那还可以用吗".
_USABLE = re.compile(
    r"\b(?:is|will|does|can|may|could|should)\b.{0,30}\b(?:usable|still (?:good|valid|works?|working|active)"
    r"|(?:use|keep using) (?:it|them|this|that|(?:the|my|this) (?:e-?sim|plan|card|code|data)))\b"
    r"|\b(?:still|keeps?) (?:works?|usable|valid|good)\b.{0,12}\?"
    r"|(?:还|還|仍|依然|那|就)?(?:能|可以|能不能|可不可以)(?:继续|繼續|接着|照常|正常)?(?:用|使用)(?:了|的|着)?(?:不|没)?"
    r".{0,4}(?:吗|嗎|吧|么|麼|[?？])"
    r"|用唔用得|用得(?:返|番|到)(?:嗎|吗|未|咩|嘅)?|仲(?:有冇|有没有|系唔系|係唔係)?(?:效|用得|啱用)"
    r"|用得了(?:吗|嗎|么)|(?:还|還)(?:想|要)用.{0,8}(?:行|可以)(?:吗|嗎|不|么)|(?:还|還)(?:有效|管用)(?:吗|嗎|么)",
    re.IGNORECASE,
)

# Until when the plan runs: "how long is it valid now", "有效到什么时候", "幾時到期".
_VALIDITY = re.compile(
    r"\b(?:valid|good|runs?|lasts?|usable)\b.{0,12}\b(?:until|till|how long)\b|\b(?:until|till) when\b"
    r"|\bwhen\b.{0,24}\b(?:expires?|runs? out|ends?|over)\b"
    r"|\bhow long\b.{0,24}\b(?:valid|good|last|run)\b|\bis (?:it|the (?:plan|e-?sim)|my (?:plan|e-?sim)) still valid\b"
    r"|有效(?:期)?.{0,4}(?:到|至|多久|几时|幾時|吗|嗎)|(?:什么时候|什麼時候|几时|幾時|何时|何時|哪天|邊日).{0,3}(?:到期|过期|過期|失效)|(?:仲|还|還)(?:有冇|有没有|有沒有|有)效",
    re.IGNORECASE,
)

_FASTER = re.compile(
    r"\b(?:faster|quicker|sooner|earlier|expedit\w+|speed (?:it|this|that|things) up|hurry)\b"
    r"|(?:快|早)(?:一?[点點些]|一些)|加急|加快|提前到|尽快|盡快",
    re.IGNORECASE,
)

# What a question of cost may be about instead of the new eSIM that was spoken of.
_PLAN_OR_REFUND = re.compile(
    r"\b(?:plans?|packs?|packages?|top[- ]?ups?|refund\w*|swap\w*|exchang\w*|days?|gb|calls?|roaming)\b"
    r"|\d ?gb?\b|套餐|方案|流量|加油包|退|换套|換套|天|通话|通話|漫游|漫遊",
    re.IGNORECASE,
)


def names_plan_or_refund(text: str) -> bool:
    """Whether a text names a plan, its data or days, or money back."""
    return bool(_PLAN_OR_REFUND.search(text))


_SCANNABLE = re.compile(
    r"\b(?:can|may|could|should) (?:i|we) (?:now |then |still |just )*(?:scan|install|use) "
    r"(?:it|that|(?:the|my|this) (?:qr|code|e-?sim|plan))\b"
    r"|\b(?:qr|code|e-?sim|plan) (?:can|may) (?:now |then )?be (?:used|scanned|installed)\b"
    r"|(?:能|可以)(?:扫|掃|装|裝|安装|安裝|用)(?:码|碼|它|了|吗|嗎|不)",
    re.IGNORECASE,
)


def asks_if_scannable(text: str) -> bool:
    """Whether a text asks if the code may be scanned or used now: "so now the qr can be used?", "现在能扫了吗"."""
    return len(text) <= _LONGEST and bool(_SCANNABLE.search(text))


def asks_how_long(text: str) -> bool:
    """Whether a text only asks for the time: "how long?", "还要多久"."""
    return len(text) <= _LONGEST and bool(_HOW_LONG.fullmatch(text.strip()))


def asks_how_long_in_part(text: str) -> bool:
    """Whether one part of a text only asks for the time: "how long does this take? We leave tomorrow"."""
    return any(asks_how_long(part) for part in _CLAUSES.split(text))


def asks_until_when(text: str) -> bool:
    """Whether a text only asks until when something lasts: "until when?", "到几点"."""
    return len(text) <= _LONGEST and bool(_UNTIL_WHEN.fullmatch(text.strip()))


def asks_why(text: str) -> bool:
    """Whether a text only asks for the reason: "why not?", "为什么不能退"."""
    return bool(_WHY.fullmatch(text))


def asks_what_now(text: str) -> bool:
    """Whether a text only asks what to do about what was told: "so what do I do now?", "那怎么办"."""
    return bool(_WHAT_NOW.fullmatch(text))


def asks_if_usable(text: str, longest: int = _LONGEST) -> bool:
    """Whether a text asks if the eSIM can still be used: "will the plan still work", "那还可以用吗"."""
    return len(text) <= longest and bool(_USABLE.search(text))


def asks_validity(text: str) -> bool:
    """Whether a text asks until when the plan runs: "until when is it valid", "張卡幾時到期"."""
    return len(text) <= _LONGEST and bool(_VALIDITY.search(text))


def asks_faster(text: str) -> bool:
    """Whether a text asks that something that is under way comes sooner: "any way to get it sooner", "能不能早点"."""
    return len(text) <= _LONGEST and bool(_FASTER.search(text))


def asks_something(text: str) -> bool:
    """Whether a text has the form of a question: its mark, or the words and the order of one."""
    return bool(_QUESTION.search(text))


_TIME = re.compile(
    r"\b(?:when|what time|how long|until|till|resets?|midnight)\b"
    r"|几点|幾點|什么时候|什麼時候|啥时候|多久|何时|何時|几时|重置",
    re.IGNORECASE,
)
_OF_STEP = re.compile(
    r"\b(?:how|where|which (?:one|network|other|menu|setting)|what menu|do i)\b|怎么|怎麼|哪", re.IGNORECASE
)


def asks_for_time(text: str) -> bool:
    """Whether words of a text ask for a time: "when does it reset", "几点恢复"."""
    return bool(_TIME.search(text))


def asks_how_or_where(text: str) -> bool:
    """Whether words of a text ask how or where something is set: "which network, how?", "在哪里开"."""
    return bool(_OF_STEP.search(text))


_STEPS = re.compile(
    r"\bsteps?\b|\bstep by step\b|\bhow (?:do|can|should) i (?:install|add|put|set)|\bhow to (?:install|add|put|set)"
    r"|\bwhat (?:next|now|do i (?:do|press|tap))\b"
    r"|步骤|步驟|下一步|怎么(?:装|弄|安装|操作|加)|怎麼(?:裝|弄|安裝|操作|加)|如何(?:安装|安裝|添加)",
    re.IGNORECASE,
)


def asks_for_steps(text: str) -> bool:
    """Whether a text asks how the eSIM is installed from here: "the steps please", "下一步怎么弄"."""
    return bool(_STEPS.search(text))
