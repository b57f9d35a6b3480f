"""Which language a text is written in, by its letters and its commonest words: one judgement for all channels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from aftercare.base.language import is_japanese, written
from aftercare.base.voice import Voice

# Letters that only one of the languages travellers write in uses here.
_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ko", re.compile(r"[\uac00-\ud7a3]")),
    ("th", re.compile(r"[\u0e01-\u0e5b]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("ar", re.compile(r"[\u0620-\u064a\u066e-\u06d3]")),
    ("he", re.compile(r"[\u05d0-\u05ea]")),
    ("el", re.compile(r"[\u0386-\u03ce]")),
    ("bn", re.compile(r"[\u0985-\u09b9]")),
    ("ta", re.compile(r"[\u0b85-\u0bb9]")),
    ("my", re.compile(r"[\u1000-\u102a]")),
    ("km", re.compile(r"[\u1780-\u17b3]")),
)
# So many letters of a script make a text one of its language.
_LETTERS = 2
_COMMON: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        code: frozenset(words.split())
        for code, words in {
            "fr": "bonjour merci je j'ai ne pas mon ma mes est le la les des du une sur dans avec pour quoi comment"
            " marche connexion réseau aide s'il vous plaît n'ai c'est téléphone",
            "de": "hallo guten tag ich habe kein keine nicht mein meine ist der die das ein eine und mit auf wie"
            " funktioniert kann bitte danke hilfe netz es geht mehr handy",
            "es": "hola gracias no tengo mi el la los las una está es por favor cómo puedo teléfono funciona ayuda"
            " señal sin con para que buenos días",
            "it": "ciao grazie non ho il mio la mia è un una per come posso funziona telefono aiuto segnale con sono"
            " buongiorno che",
            "pt": "olá obrigado não tenho meu minha o a um uma está por favor como posso funciona telefone ajuda sinal"
            " sem com estou bom dia",
            "vi": "xin chào tôi không có của là điện thoại mạng sóng giúp với được cài đặt cảm ơn bị",
            "id": "halo saya tidak bisa ada ponsel sinyal tolong bantu dengan untuk kenapa bagaimana terima kasih"
            " internetnya nya",
            "ms": "hai saya tidak boleh ada telefon isyarat tolong bantu dengan untuk kenapa macam mana terima kasih"
            " tak awak",
        }.items()
    }
)
_ENGLISH = frozenset(
    [
        "i",
        "my",
        "is",
        "the",
        "a",
        "an",
        "and",
        "to",
        "of",
        "in",
        "on",
        "it",
        "for",
        "how",
        "what",
        "where",
        "why",
        "can",
        "do",
        "does",
        "not",
        "no",
        "with",
        "have",
        "you",
        "your",
        "me",
        "please",
    ]
)
# What is the same in every language, though a part of it looks like a word: "a" in a@example.com.
_ADDRESS = re.compile(r"\S+@\S+|https?://\S+|www\.\S+", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


def other_language(text: str) -> str | None:
    """The ISO 639-1 code of the language a text is written in; None for English, Chinese and what cannot be told."""
    if is_japanese(text):
        return "ja"
    for code, letters in _SCRIPTS:
        if len(letters.findall(text)) >= _LETTERS:
            return code
    words = _WORD.findall(_ADDRESS.sub(" ", text).replace("’", "'").casefold())
    if len(words) < _LETTERS:
        return None
    known = {code: len(common & set(words)) for code, common in _COMMON.items()}  # "la la la" is one word
    code = max(known, key=lambda each: known[each])
    enough = known[code] >= _LETTERS and known[code] * 3 >= len(words)
    return code if enough and known[code] > sum(word in _ENGLISH for word in words) else None


def language_of(text: str, voice: Voice) -> str | None:
    """The tag of the language a text is written in; None when it does not tell (an order number, "OK", an emoji).

    `voice` is the one the text is answered in: the script of Chinese that is written alike in both is its script.
    """
    if (other := other_language(text)) is not None:
        return other
    found = written(text).language
    return "zh-Hant" if found == "zh" and voice.traditional else {"zh": "zh-Hans", None: None}.get(found, found)
