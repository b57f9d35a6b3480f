"""Recognises "it does not work" without any hint of how: then one forced choice is better than a guess."""

from __future__ import annotations

import re

from aftercare.base.language import normalise

_ENGLISH_WORD = re.compile(r"[a-z']+")
# A sentence made of these words alone says that something is wrong, not what.
_SAYS_NOTHING = frozenset(
    [
        "a",
        "am",
        "and",
        "all",
        "an",
        "any",
        "anymore",
        "anything",
        "at",
        "been",
        "but",
        "can",
        "can't",
        "cannot",
        "cant",
        "card",
        "do",
        "does",
        "doing",
        "don't",
        "dont",
        "e",
        "esim",
        "esims",
        "for",
        "friend",
        "get",
        "got",
        "guys",
        "have",
        "having",
        "hello",
        "help",
        "here",
        "hey",
        "hi",
        "i",
        "i'm",
        "im",
        "in",
        "is",
        "isn't",
        "isnt",
        "it",
        "it's",
        "its",
        "just",
        "me",
        "my",
        "new",
        "not",
        "nothing",
        "now",
        "of",
        "on",
        "one",
        "or",
        "our",
        "phone",
        "please",
        "pls",
        "properly",
        "really",
        "seem",
        "seems",
        "sim",
        "so",
        "some",
        "sorry",
        "still",
        "that",
        "the",
        "there",
        "this",
        "to",
        "today",
        "travel",
        "us",
        "very",
        "was",
        "wasn't",
        "what",
        "what's",
        "whats",
        "why",
        "with",
        "won't",
        "wont",
        "you",
        "your",
        "yours",
        "doesn't",
        "doesnt",
        "nz",
        "zealand",
    ]
)
_SAYS_WRONG = frozenset(
    [
        "broken",
        "bug",
        "error",
        "issue",
        "issues",
        "problem",
        "problems",
        "trouble",
        "use",
        "used",
        "using",
        "wrong",
        "work",
        "worked",
        "working",
        "works",
    ]
)
_DENIES = re.compile(
    r"n't|\bnot\b|\bcant\b|\bdoesnt\b|\bisnt\b|\bwont\b|\bdont\b|cannot|nothing|broken|problem|issue|trouble|wrong|error"
)
_CHINESE_WRONG = (
    "用不了|用不了了|不能用|不能使用|没法用|没办法用|无法使用|用不起来|使不了|使用不了|坏了|坏掉了|有问题|出问题了?|"
    "有毛病|不好使|不工作|没反应|没有用|有故障|出故障了?"
)
_CHINESE_FILLER = (
    "你好|您好|请问|喂|我的|我这个|我们的|你们的|你们|我们|这个|那个|这|那|我|你|esim|sim|卡|流量卡|上网卡|旅行|手机|"
    "怎么|为什么|为啥|咋|一直|还是|就是|根本|完全|都|也|又|到底|现在|今天|好像|似乎|在新西兰|新西兰|到了|"
    "帮帮我|帮帮忙|帮我|帮忙|看看|看一下|一下|啊|呀|吗|嘛|呢|吧|了|的|是|回事|啦|哦|急|救命|不知道|怎么办|咋办|咋整|办"
)
_CHINESE = re.compile(rf"(?:{_CHINESE_FILLER})*(?:{_CHINESE_WRONG})(?:{_CHINESE_FILLER})*")


def is_unspecified(text: str) -> bool:
    """Whether the text only says that it does not work."""
    plain = normalise(text).casefold().replace("’", "'")
    chinese = re.sub(r"[\s\W_]+", "", plain)
    if _CHINESE.fullmatch(chinese):
        return True
    words = _ENGLISH_WORD.findall(plain)
    if not words or not re.fullmatch(r"[\x00-\x7f]*", plain) or re.search(r"\d", plain):
        return False
    wrong = [word for word in words if word in _SAYS_WRONG]
    return bool(wrong and _DENIES.search(plain) and all(w in _SAYS_NOTHING or w in _SAYS_WRONG for w in words))
