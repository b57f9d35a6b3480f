"""Which language and script a message is written in, and Simplified ↔ Traditional conversion (OpenCC)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal, NamedTuple

import opencc

Language = Literal["en", "zh"]
Script = Literal["hans", "hant"]

LANGUAGES: tuple[Language, ...] = ("en", "zh")

HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
# The same in both languages: addresses, identifiers, activation codes, product words.
_NEUTRAL = re.compile(
    r"https?://\S+|LPA:\S+|(?<![\w.+-])[\w.+-]{1,64}@[\w.-]{0,128}|[A-Za-z]{0,12}[-_ ]?\d[\dA-Za-z]*"
    r"|(?<![A-Za-z])(?:ok|okay|esim|sim|qr|apn|app|wi-?fi|iphone|ipad|ios|android|samsung|galaxy|pixel|xiaomi|huawei|oppo"
    r"|vivo|oneplus|honor|lte|volte|pro|max|plus|ultra|mini|nz|gb|mb|hi|hello|bye|vpn|sms|id|email|e-mail|pdf|yes|no)(?![A-Za-z])",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z][A-Za-z'’]*")
# Characters that decide the language; reading more of a pasted page would only cost time.
_DETECTION_LENGTH = 600
# OpenCC stops reading at a NUL and refuses half a surrogate pair, which JSON can carry.
_UNREADABLE = re.compile("([\0\ud800-\udfff])")


# OpenCC's own Taiwan phrases turn 数据漫游 into 資料漫遊, which no phone shows; these are what phones and sellers say.
_TAIWAN_WORDS = {
    "移動網絡": "行動網路", "蜂窩網絡": "行動服務", "蜂窩數據": "行動數據", "網絡": "網路", "信號": "訊號",
    "短信": "簡訊", "軟件": "軟體", "二維碼": "QR 碼", "屏幕": "螢幕", "默認": "預設", "設置": "設定",
    "運營商": "電信業者", "激活": "啟用", "郵箱": "電子郵件信箱", "視頻": "視訊", "添加": "加入", "打開": "開啟",
    "新西蘭": "紐西蘭", "澳大利亞": "澳洲",
}  # fmt: skip
_MAINLAND_WORD = re.compile("|".join(sorted(_TAIWAN_WORDS, key=len, reverse=True)))
_HAN_BEFORE_QR = re.compile(rf"({HAN.pattern})(?=QR 碼)")


class DetectedLanguage(NamedTuple):
    """How a message is written; `language` is None when nothing in it tells (an order number, "OK", an emoji)."""

    language: Language | None
    script: Script | None


@lru_cache(maxsize=4)
def _converter(config: str) -> opencc.OpenCC:
    return opencc.OpenCC(config)


def _convert(config: str, text: str) -> str:
    parts = _UNREADABLE.split(text)
    parts[::2] = [str(_converter(config).convert(part)) for part in parts[::2]]
    return "".join(parts)


def to_simplified(text: str) -> str:
    """Traditional Chinese to Simplified, character by character: the length never changes, so offsets stay valid."""
    converted = _convert("t2s", text)
    if len(converted) == len(text):
        return converted
    return "".join(c if len(s := _convert("t2s", c)) != 1 else s for c in text)


def to_traditional(text: str) -> str:
    """Simplified Chinese to the Traditional of Taiwan, with the words its phones use (網路, 訊號, 設定)."""
    taiwanese = _MAINLAND_WORD.sub(lambda m: _TAIWAN_WORDS[m[0]], _convert("s2tw", text))
    return _HAN_BEFORE_QR.sub(r"\1 ", taiwanese)


def normalise(text: str) -> str:
    """NFKC (full-width digits and letters become plain) and Simplified: the form in which text is compared."""
    return to_simplified(unicodedata.normalize("NFKC", text))


def written(text: str) -> DetectedLanguage:
    """Judge a message by the script of its words; identifiers, addresses and words both languages use say nothing."""
    text = text[:_DETECTION_LENGTH]
    if text.startswith(("/", "／")):
        return DetectedLanguage(None, None)  # a command, not a sentence
    han = "".join(HAN.findall(text))
    if han:
        latin_words = _WORD.findall(_NEUTRAL.sub(" ", text))
        # "my eSIM 激活不了 what should I do" has more English words than Chinese ones: two Han characters make a word
        if len(latin_words) > len(han) / 2 + 1:
            return DetectedLanguage("en", None)
        return DetectedLanguage("zh", "hant" if _is_traditional(han) else _simplified_or_unknown(han))
    words = [w for w in _WORD.findall(_NEUTRAL.sub(" ", text)) if len(w) > 1 or w.lower() in {"i", "a"}]
    return DetectedLanguage("en", None) if words else DetectedLanguage(None, None)


def _is_traditional(han: str) -> bool:
    return to_simplified(han) != han


def _simplified_or_unknown(han: str) -> Script | None:
    """Simplified when a character exists only there; None for text written alike in both ("你好")."""
    return "hans" if _convert("s2t", han) != han else None
