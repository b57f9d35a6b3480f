"""Which language and script a message is written in, and Simplified ↔ Traditional conversion (OpenCC)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal, NamedTuple

import opencc
import yaml

from aftercare.base.product_names import without_chinese_names, without_latin_names
from aftercare.base.settings import DATA

Language = Literal["en", "zh"]
Script = Literal["hans", "hant"]

LANGUAGES: tuple[Language, ...] = ("en", "zh")

_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fa]")
# A single の stands in Chinese names of shops, ツ ノ シ in emoticons.
_KANA_ANYWHERE = frozenset("のツノシ")
# Forms that neither Simplified nor Traditional Chinese has: 圏外 is Japanese without any kana.
_JAPANESE_HAN = re.compile("[圏気駅図円対応売続発様込働沢渋変験権広鉄転伝読択薬戻払拡帰経済単団従収処乗検覚価労両営挙]")
# Words of Chinese sentences, which may quote such a form as the name of a place (東京駅).
_CHINESE_WORDS = re.compile("[的我你您了吗嗎没沒这這们們]")
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


_TAIWAN_WORDS: dict[str, str] = yaml.safe_load((DATA / "taiwan_words.yml").read_text(encoding="utf-8"))
_MAINLAND_WORD = re.compile("|".join(sorted(map(re.escape, _TAIWAN_WORDS), key=len, reverse=True)))
# OpenCC leaves it behind words that it does not know.
_INSIDE = re.compile("(?<=[餐件機卡頁表單夾信案])里(?!程)")
_INNER_QUOTES = re.compile("‘([^‘’]*)’")
# Latin words among those of Taiwan stand off from Han.
_LATIN = re.compile(rf"({HAN.pattern})(?=QR 碼|Android|Google)|(Android|Google)(?={HAN.pattern})")


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
    if text.isascii():
        return text
    converted = _convert("t2s", text)
    if len(converted) == len(text):
        return converted
    return "".join(c if len(s := _convert("t2s", c)) != 1 else s for c in text)


def to_traditional(text: str) -> str:
    """Simplified Chinese to the Traditional of Taiwan, with its words (網路, 訊號, 設定) and quotation marks (「」).

    Japanese stays as it is.
    """
    if len(_KANA.findall(text)) > 1:
        return text
    taiwanese = _MAINLAND_WORD.sub(lambda m: _TAIWAN_WORDS[m[0]], _convert("s2tw", text))
    taiwanese = _INNER_QUOTES.sub(r"『\1』", _INSIDE.sub("裡", taiwanese))
    return _LATIN.sub(r"\1\2 ", taiwanese)


def normalise(text: str) -> str:
    """NFKC (full-width digits and letters become plain) and Simplified: the form in which text is compared."""
    return to_simplified(unicodedata.normalize("NFKC", text))


def is_japanese(text: str) -> bool:
    """Whether a text with kana or Han is Japanese."""
    kana = _KANA.findall(text)
    if len(kana) > 1 or (kana and kana[0] not in _KANA_ANYWHERE):
        return True
    return bool(_JAPANESE_HAN.search(text)) and not _CHINESE_WORDS.search(text)


def written(text: str) -> DetectedLanguage:
    """Judge a message by the script of its words.

    Identifiers, addresses, names of the catalogue and words both languages use say nothing. Of a name in Chinese
    characters the language counts, but not in which script it is written.
    """
    text = text[:_DETECTION_LENGTH]
    if text.startswith(("/", "／")):
        return DetectedLanguage(None, None)  # a command, not a sentence
    if is_japanese(text):
        return DetectedLanguage(None, None)
    han = "".join(HAN.findall(text))
    named = without_latin_names(text)
    if han:
        latin_words = _WORD.findall(_NEUTRAL.sub(" ", named))
        # "my eSIM 激活不了 what should I do" has more English words than Chinese ones: two Han characters make a word
        if len(latin_words) > len(han) / 2 + 1:
            return DetectedLanguage("en", None)
        plain = _without_names(han)
        return DetectedLanguage("zh", "hant" if _is_traditional(plain) else _simplified_or_unknown(plain))
    words = [w for w in _WORD.findall(_NEUTRAL.sub(" ", named)) if len(w) > 1 or w.lower() in {"i", "a"}]
    return DetectedLanguage("en", None) if words else DetectedLanguage(None, None)


def _without_names(han: str) -> str:
    rest = without_chinese_names(to_simplified(han))
    return "".join(character for character, kept in zip(han, rest, strict=True) if kept != " ")


def _is_traditional(han: str) -> bool:
    return to_simplified(han) != han


def _simplified_or_unknown(han: str) -> Script | None:
    """Simplified when a character exists only there; None for text written alike in both ("你好")."""
    return "hans" if _convert("s2t", han) != han else None
