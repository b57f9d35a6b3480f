"""In which language and script a traveller is answered: decided here, for every channel and process."""

from __future__ import annotations

from typing import NamedTuple

from aftercare.base.language import LANGUAGES, DetectedLanguage, Language, Script, to_traditional, written

_TRADITIONAL_REGIONS = {"hant", "tw", "hk", "mo"}


class Voice(NamedTuple):
    """The language and script a traveller is answered in.

    `script` outlives an answer in English: it is the one Chinese was last written in.
    """

    language: Language
    script: Script | None = None

    @property
    def traditional(self) -> bool:
        """Whether answers are in Traditional Chinese."""
        return self.language == "zh" and self.script == "hant"

    def write(self, text: str) -> str:
        """A text of this language in the traveller's script; texts are kept in Simplified Chinese."""
        return to_traditional(text) if self.traditional else text


def decide(
    by_text: DetectedLanguage | None = None,
    *,
    pin: object = None,
    before: Voice | None = None,
    locale: str | None = None,
) -> Voice:
    """The voice of the next answer; English when nothing tells a language.

    What counts first: `pin`, the language the traveller asked for; `by_text`, how the message is written; `before`, the
    voice so far; `locale`, that of the browser or of Telegram. The script is that of the message, else the one before.
    """
    before = before or voice_of_locale(locale or "")
    by_text = by_text or DetectedLanguage(None, None)
    # an English sentence in between does not make a reader of Traditional Chinese one of Simplified
    return Voice(_language(pin) or by_text.language or before.language, by_text.script or before.script)


def voice_of_locale(locale: str) -> Voice:
    """The voice a browser's or Telegram's locale asks for: "zh-TW" → Traditional Chinese; unknown → English."""
    parts = locale.lower().replace("_", "-").split("-")
    if parts[0] not in ("zh", "yue"):
        return Voice("en")
    return Voice("zh", "hant" if _TRADITIONAL_REGIONS & set(parts[1:]) else "hans")


def reported_language(language: object, script: object) -> DetectedLanguage:
    """Language and script from slots, entities, a turn's outcome or a request; what is neither counts as untold."""
    scripts: tuple[Script, ...] = ("hans", "hant")
    return DetectedLanguage(_language(language), next((known for known in scripts if known == script), None))


def voice_of_slots(language: object, script: object, pin: object = None) -> Voice | None:
    """The voice that a conversation's slots hold; None while they hold no language."""
    reported = reported_language(language, script)
    return decide(reported, pin=pin) if reported.language or _language(pin) else None


def pin_for(wanted: Language, text: str) -> Language | None:
    """The pin that `text`, which asks to be answered in `wanted`, makes necessary: none when it is written in it."""
    return wanted if written(text).language not in (None, wanted) else None


def pin_is_spent(pin: object, language: object) -> bool:
    """Whether the traveller now writes in the language asked for, so that the words tell it again."""
    return bool(pin) and pin == language


def pin_is_outdated(pin: object, wanted: object, text: str | None) -> bool:
    """Whether the channel wants another language than the one asked for earlier.

    `text` is what the traveller typed, None for a choice: words that tell a language decide themselves.
    """
    return pin is not None and wanted not in (None, pin) and (text is None or written(text).language is None)


def _language(value: object) -> Language | None:
    return next((language for language in LANGUAGES if language == value), None)
