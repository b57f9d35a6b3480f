"""Checks of the data people edit: both languages complete, every name known.

`python -m aftercare.run.checks` runs all of them.
"""

from __future__ import annotations

import re
import string
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from aftercare.articles.files import ARTICLES, compared, load_articles, validate_articles
from aftercare.base.language import HAN, Language
from aftercare.base.responses import Responses, as_domain, read_responses
from aftercare.base.settings import DATA, ROOT
from aftercare.base.yaml_data import read_yaml
from aftercare.catalogue.load import load_catalogue
from aftercare.catalogue.yaml_file import CatalogueError
from aftercare.orders.support_hours import load_support_hours
from aftercare.staff.inbox.canned import canned_replies
from aftercare.troubleshooting.validate import validate_playbooks
from aftercare.understanding.reader.lint import turn_faults

_CODE = ("actions", "aftercare")
# What Rasa's own actions say when the domain has it.
SENT_BY_RASA = {"utter_restart", "utter_default", "utter_ask_rephrase"}
# Named like responses in code: a key of Rasa's metadata, and the meanings of texts that actions compose.
NO_RESPONSES = {"utter_action", "utter_language_switched", "utter_language_unsupported", "utter_plan_", "utter_refund_"}
# Phrases that say in a third language which ones are spoken; the same on both sides.
_FOREIGN = "language_unsupported_"
_PLACEHOLDER = re.compile(r"{[a-z_]+}")
_SENTENCE_END = re.compile(r"[.!?:;](?:\s|$)|[。！？：；\n]")
_RESPONSE_IN_CODE = re.compile(r"""["'](utter_[a-z_]+)["']""")
# Each begins with its word, which is looked for fast; only then is seen that it is a whole one.
# calls of `phrase` and of the desk's `say` with a literal; the `say` of a turn names a response
_COUNTED_IN_CODE = re.compile(r"""counted(?<=\bcounted)\(\s*["']([a-z0-9_]+)["']""")
_PHRASE_IN_CODE = re.compile(r"""phrase(?<=\bphrase)\(\s*["']([a-z0-9_]+)["']""")
_SAY_IN_CODE = re.compile(r"""say(?<![.\w]say)\(\s*["']([a-z0-9_]+)["']""")
_ERROR_IN_CODE = re.compile(r"""ApiError(?<=\bApiError)\(\s*\d+,\s*["']([a-z_]+)["']""")
_NAME = re.compile(r"""["']([a-z][a-z0-9_]+)["']""")
_COMPOSED_NAME = re.compile(r"""\bf["']([a-z]+_[^"'\s]*{[^"'\s]*)["']""")


def _yaml(path: Path) -> Any:
    return read_yaml(path)


def placeholders(text: str) -> set[str]:
    """Names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def response_faults(responses: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """A response has wordings in Chinese and in English, as many of each, alike but for the words."""
    for name, variations in responses.items():
        chinese = [v for v in variations if any(c.get("value") == "zh" for c in v.get("condition", []))]
        english = [v for v in variations if not v.get("condition")]
        if not english or len(chinese) != len(english):
            yield f"data/responses: {name}: needs as many wordings in English as in Chinese, at least one"
            continue
        for en, zh in zip(english, chinese, strict=True):
            yield from _wording_faults(name, en, zh)
        for wordings in (english, chinese):
            yield from _repetition_faults(name, [str(v.get("text") or "") for v in wordings])
        if any(_payloads(v) != _payloads(english[0]) for v in english):
            yield f"data/responses: {name}: the buttons of its wordings differ"


def _repetition_faults(name: str, texts: list[str]) -> Iterator[str]:
    """Wordings in one language say the same, as their placeholders show, and have no sentence in common."""
    if any(placeholders(text) != placeholders(texts[0]) for text in texts):
        yield f"data/responses: {name}: the placeholders of its wordings differ"
    sentences = [sentence for text in texts for sentence in {text, *_sentences(text)}]
    for sentence in sorted({each for each in sentences if sentences.count(each) > 1}):
        yield f"data/responses: {name}: two wordings have the same sentence: {sentence}"


def _sentences(text: str) -> Iterator[str]:
    """The sentences of a text that have words of their own, not only placeholders."""
    for sentence in map(str.strip, _SENTENCE_END.split(text)):
        if re.search(r"\w", _PLACEHOLDER.sub("", sentence)):
            yield sentence


def _payloads(variation: dict[str, Any]) -> list[str]:
    return [button["payload"] for button in variation.get("buttons", [])]


def _wording_faults(name: str, en: dict[str, Any], zh: dict[str, Any]) -> Iterator[str]:
    """What is wrong with one wording, seen in both languages."""
    if not str(en.get("text", "")).strip() or not str(zh.get("text", "")).strip():
        yield f"data/responses: {name}: a text is empty"
        return
    if differing := placeholders(en["text"]) ^ placeholders(zh["text"]):
        yield f"data/responses: {name}: placeholders differ: {sorted(differing)}"
    literal = _PLACEHOLDER.sub("", zh["text"])
    if literal.strip() and not HAN.search(literal) and re.search(r"[A-Za-z]{3}", literal):
        yield f"data/responses: {name}: the Chinese text has no Chinese in it"
    if HAN.search(en["text"]):
        yield f"data/responses: {name}: the English text has Chinese in it"
    if _payloads(en) != _payloads(zh):
        yield f"data/responses: {name}: the buttons of the two languages differ"
    if any(not str(b.get("title", "")).strip() for v in (en, zh) for b in v.get("buttons", [])):
        yield f"data/responses: {name}: a button has no title"


def phrase_faults(responses: Mapping[Language, Responses]) -> Iterator[str]:
    """A phrase exists in both languages, with the same placeholders, in the letters of its language."""
    english, chinese = responses["en"].phrases, responses["zh"].phrases
    for name in sorted(english.keys() ^ chinese.keys()):
        yield f"data/responses: phrase {name}: exists in one language only"
    for name in sorted(english.keys() & chinese.keys()):
        if differing := placeholders(english[name]) ^ placeholders(chinese[name]):
            yield f"data/responses: phrase {name}: placeholders differ: {sorted(differing)}"
        if HAN.search(english[name]) and not name.startswith(_FOREIGN):
            yield f"data/responses: phrase {name}: the English text has Chinese in it"


def phrase_name_faults(phrases: Iterable[str], sources: Mapping[str, str]) -> Iterator[str]:
    """Every phrase named in code exists; every phrase is named in code, whole or by an f-string that begins like it."""
    known, code = set(phrases), "\n".join(sources.values())
    named = {*_PHRASE_IN_CODE.findall(code), *_SAY_IN_CODE.findall(code)}
    named |= {f"error_{error}" for error in _ERROR_IN_CODE.findall(code)}
    named |= {f"{name}_{form}" for name in _COUNTED_IN_CODE.findall(code) for form in ("one", "many")}
    for name in sorted(named - known):
        yield f"{name} is used, but data/responses has no such phrase"
    templates = (re.split(r"{[^}]*}", template) for template in set(_COMPOSED_NAME.findall(code)))
    composed = [re.compile("[a-z0-9_]+".join(map(re.escape, parts))) for parts in templates]
    for name in sorted(known - named - set(_NAME.findall(code))):
        if not any(pattern.fullmatch(name) for pattern in composed):
            yield f"data/responses: phrase {name}: no code uses it"


def name_faults(domain: dict[str, Any], sources: dict[str, str]) -> Iterator[str]:
    """Every response named in code, rules or stories exists; every response is used; buttons name known intents."""
    responses = set(domain["responses"])
    used = {name for text in sources.values() for name in _RESPONSE_IN_CODE.findall(text)}
    used |= {name for text in sources.values() for name in re.findall(r"action: (utter_[a-z_]+)", text)}
    for name in sorted(responses - used - _composed(responses, sources) - SENT_BY_RASA):
        yield f"data/responses: {name}: no action, rule or story uses it"
    for name in sorted(used - responses - NO_RESPONSES):
        yield f"{name} is used, but data/responses has no such response"
    intents = {intent if isinstance(intent, str) else next(iter(intent)) for intent in domain["intents"]}
    for name, variations in domain["responses"].items():
        for variation in variations:
            for button in variation.get("buttons", []):
                intent = button["payload"].removeprefix("/").partition("{")[0]
                if intent not in intents:
                    yield f"data/responses: {name}: the button '{button['title']}' names the unknown intent '{intent}'"


def _composed(responses: Iterable[str], sources: dict[str, str]) -> set[str]:
    """Responses whose names code composes: all that fit `f"utter_device_{device.esim}"` or `f"utter_{slot}_wanted"`."""
    templates = {found for text in sources.values() for found in re.findall(r'f"(utter_[^"]*{[^"]*)"', text)}
    patterns = ["[a-z_]+".join(map(re.escape, re.split(r"{[^}]*}", template))) for template in templates]
    return {name for name in responses if any(re.fullmatch(pattern, name) for pattern in patterns)}


def language_faults() -> list[str]:
    """Everything the assistant says exists in both languages."""
    domain = _yaml(ROOT / "domain.yml")
    files = [*(ROOT / "actions").rglob("*.py"), *DATA.glob("rules/*.yml"), *DATA.glob("stories/*.yml")]
    sources = {str(path): path.read_text(encoding="utf-8") for path in files}
    responses = read_responses(DATA / "responses")
    domain["responses"] = as_domain(responses)
    faults = [*response_faults(domain["responses"]), *phrase_faults(responses), *name_faults(domain, sources)]
    code = {str(path): path.read_text(encoding="utf-8") for part in _CODE for path in (ROOT / part).rglob("*.py")}
    faults += phrase_name_faults(responses["en"].phrases, code)
    for name, texts in _yaml(DATA / "intent_names.yml").items():
        if set(texts) != {"en", "zh"} or not all(texts.values()):
            faults.append(f"data/intent_names.yml: {name}: needs en and zh")
        if name not in domain["intents"]:
            faults.append(f"data/intent_names.yml: {name}: no such intent in domain.yml")
    english, chinese = ({p.name for p in (DATA / "nlu" / lang).glob("*.yml")} for lang in ("en", "zh"))
    faults += [f"data/nlu: {name} exists in one language only" for name in sorted(english ^ chinese)]
    return faults


def data_faults() -> list[str]:
    """Catalogue, support hours, canned replies and articles are well formed; playbooks lead somewhere as well."""
    faults = []
    loads: tuple[Callable[[], object], ...] = (load_catalogue, load_support_hours, canned_replies)
    for load in loads:
        try:
            load()
        except CatalogueError as error:
            faults.append(str(error))
    try:
        faults += [f"data/playbooks: {fault}" for fault in validate_playbooks()]
    except CatalogueError as error:
        faults.append(str(error))
    return [*faults, *validate_articles()]


def training_faults() -> list[str]:
    """Training sentences and turns: no duplicates, known names, sentences annotated on token boundaries."""
    from aftercare.rasa_components.lint import lint, read_sentences

    intents = {each if isinstance(each, str) else next(iter(each)) for each in _yaml(ROOT / "domain.yml")["intents"]}
    faults = [*lint(DATA / "nlu"), *turn_faults(DATA / "turns", intents)]
    if not faults:
        paths = sorted((DATA / "nlu").rglob("*.yml"))
        known = {compared(each.text): each.where for path in paths for each in read_sentences(path, DATA / "nlu")}
        faults += asked_elsewhere(known)
    return faults


def asked_elsewhere(known: Mapping[str, str], folder: Path = ARTICLES) -> Iterator[str]:
    """Questions of articles that are training sentences as well; `known` is where each stands, by `compared`."""
    for language, articles in load_articles(folder).items():
        for article in articles.values():
            for asked in (asked for question in article.questions for asked in question.asked):
                if where := known.get(compared(asked)):
                    yield f"data/articles/{language}/{article.id}.yml: {asked!r} stands in data/nlu/{where} as well"


def main() -> int:
    """Print every fault; 1 when there is one."""
    faults = [*language_faults(), *data_faults(), *training_faults()]
    for fault in faults:
        print(fault)
    print(f"{len(faults)} faults in the data" if faults else "The data is complete in both languages.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
