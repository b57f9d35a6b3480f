"""Checks data/playbooks beyond the form of its files: dead ends, unknown names, texts that are too long."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from aftercare.base import settings
from aftercare.base.language import LANGUAGES, Language
from aftercare.catalogue.load import load_catalogue
from aftercare.troubleshooting.conditions import LOCK_MESSAGES
from aftercare.troubleshooting.entries import BilingualText
from aftercare.troubleshooting.playbooks import (
    FAMILIES,
    TURNS,
    Finding,
    PlaybookChoice,
    Playbooks,
    PlaybookStep,
    Question,
    load_playbooks,
)
from aftercare.troubleshooting.presenting import USUAL
from aftercare.troubleshooting.wording import PLACEHOLDERS, placeholders

# What a traveller reads on a phone without scrolling; counted with the longest menu path filled in.
LONGEST: dict[Language, int] = {"en": 350, "zh": 160}
LONGEST_REMINDER: dict[Language, int] = {"en": 90, "zh": 40}
LONGEST_CHOICE: dict[Language, int] = {"en": 36, "zh": 16}
_SENTENCE_END = re.compile(r"[.?!。？！]+(?:\s+|$|(?<=[。？！]))")
USUAL_WORDS = ("works", "failed", "already", "cannot", "more", "no_data", "slow")
_PHRASES = (
    "solved", "solved_again", "solved_reminder", "solved_why", "exhausted", "exhausted_more", "exhausted_again",
    "exhausted_reminder", "exhausted_why", "finding_why", "general", "stuck", "stuck_choice", "skip", *USUAL_WORDS,
)  # fmt: skip
_FORMS = ("text", "iphone", "again", "simpler", "reminder", "why", "undo")
_SHORT = ("(reminder)", "(undo)")
_VALIDITY = ("validity_purchase", "validity_install", "validity_first_use")


def validate_playbooks(folder: Path = settings.PLAYBOOKS) -> list[str]:
    """Every fault of the playbooks in `folder`, one sentence each; empty when there is none.

    Raises:
        CatalogueError: a file is not even well formed.
    """
    books = load_playbooks(folder)
    return [
        *_phrases(books),
        *_texts(books),
        *_repeated(books),
        *_targets(books),
        *_signs(books),
        *_reachable(books),
        *_names(books),
        *_causes(books),
    ]


def _phrases(books: Playbooks) -> Iterator[str]:
    for name in (*_PHRASES, *_VALIDITY, *(f"unknown_{placeholder}" for placeholder in PLACEHOLDERS)):
        if name not in books.phrases:
            yield f"phrases: {name} is missing"


def _all_texts(books: Playbooks) -> Iterator[tuple[str, BilingualText]]:
    for where, forms in _texts_by_form(books):
        for form, words in forms.items():
            yield where if form == "text" else f"{where} ({form})", words
    for where, answers in _answers(books):
        for entry in answers:
            if entry.text:
                yield f"{where}: choice {entry.id}", entry.text


def _texts_by_form(books: Playbooks) -> Iterator[tuple[str, dict[str, BilingualText]]]:
    """Everything that can be said, each with its texts by form."""
    kinds: tuple[tuple[str, Mapping[str, Finding | Question | PlaybookStep]], ...] = (
        ("finding", books.findings),
        ("question", books.questions),
        ("step", books.steps),
    )
    for kind, entries in kinds:
        for name, entry in entries.items():
            yield f"{kind}.{name}", {form: words for form in _FORMS if (words := getattr(entry, form, None))}
    for ending in ("solved", "exhausted"):
        phrases = {form: books.phrases.get(ending if form == "text" else f"{ending}_{form}") for form in _FORMS}
        yield ending, {form: words for form, words in phrases.items() if words}


def _repeated(books: Playbooks) -> Iterator[str]:
    """Sentences that one form of a text shares with another: an explanation must not repeat what was not understood."""
    for where, forms in _texts_by_form(books):
        for language in LANGUAGES:
            known: dict[str, str] = {}
            for form, words in forms.items():
                for sentence in _SENTENCE_END.split(getattr(words, language)):
                    plain = sentence.strip().casefold()
                    before = known.setdefault(plain, form) if plain else form
                    if before != form and {before, form} != {"text", "iphone"}:
                        yield f"{where}, {language}: {form} repeats a sentence of {before}: {sentence.strip()}"


def _texts(books: Playbooks) -> Iterator[str]:
    for where, words in _all_texts(books):
        names: dict[Language, list[str]] = {}
        for language in LANGUAGES:
            try:
                names[language] = sorted(placeholders(getattr(words, language)))
            except ValueError as error:
                yield f"{where}, {language}: {error}"
        if len(names) < len(LANGUAGES):
            continue
        if names["en"] != names["zh"]:
            yield f"{where}: placeholders differ: en {names['en']}, zh {names['zh']}"
        for name in set(names["en"]) | set(names["zh"]):
            menu = name.removeprefix("menu.")
            if name != menu and menu not in books.menus:
                yield f"{where}: there is no menu {menu}"
            if name == menu and name not in PLACEHOLDERS:
                yield f"{where}: there is no placeholder {{{name}}}"
        if not re.search(r"[\u4e00-\u9fff]", words.zh) and words.zh != words.en and "choice" not in where:
            yield f"{where}: the Chinese text is not Chinese"
        if re.search(r"[\u4e00-\u9fff]", words.en):
            yield f"{where}: the English text holds Chinese"
        yield from _length(where, words, books)


def _length(where: str, words: BilingualText, books: Playbooks) -> Iterator[str]:
    for language, longest in (LONGEST_REMINDER if where.endswith(_SHORT) else LONGEST).items():
        written = getattr(words, language)
        menus = [menu for menu in books.menus.values() if f"{{menu.{menu.id}}}" in written]
        for family in ("iphone",) if where.endswith("(iphone)") else FAMILIES:
            text = written
            for menu in menus:
                text = text.replace(f"{{menu.{menu.id}}}", getattr(menu.path(family), language))
            if len(text) > longest:
                yield f"{where}, {language}, {family}: {len(text)} characters, at most {longest}"


def _answers(books: Playbooks) -> Iterator[tuple[str, tuple[PlaybookChoice, ...]]]:
    for finding in books.findings.values():
        yield f"finding.{finding.id}", finding.choices
    for question in books.questions.values():
        yield f"question.{question.id}", question.choices
    for step in books.steps.values():
        yield f"step.{step.id}", step.choices or USUAL


def _targets(books: Playbooks) -> Iterator[str]:
    known = {
        *TURNS,
        *(f"finding.{name}" for name in books.findings),
        *(f"question.{name}" for name in books.questions),
        *(f"step.{name}" for name in books.steps),
        *(f"playbook.{name}" for name in books.symptoms),
    }
    for where, answers in _answers(books):
        ids = [entry.id for entry in answers]
        if len(ids) != len(set(ids)):
            yield f"{where}: a choice is given twice"
        for entry in answers:
            for language, longest in LONGEST_CHOICE.items() if entry.text else ():
                if len(getattr(entry.text, language)) > longest:
                    yield f"{where}: choice {entry.id}, {language}: at most {longest} characters fit on a button"
            if entry.text is None and entry.id not in USUAL_WORDS:
                yield f"{where}: choice {entry.id} has no text"
            if entry.then not in known:
                yield f"{where}: choice {entry.id} leads to {entry.then}, which does not exist"
    for finding in books.findings.values():
        if finding.works and finding.works not in known:
            yield f"finding.{finding.id}: works leads to {finding.works}, which does not exist"
        for named in sorted(set(finding.not_after) - known):
            yield f"finding.{finding.id}: not_after names {named}, which does not exist"
        for covered in finding.covers:
            if covered not in books.findings:
                yield f"finding.{finding.id}: covers {covered}, which does not exist"
        ends = finding.then in set(TURNS) - {"resume", "seen"}
        if finding.then and (finding.then not in known or finding.then.startswith("finding.") or ends):
            yield f"finding.{finding.id}: then must be a step, question or playbook, not {finding.then}"
    for playbook in books.symptoms.values():
        for named in sorted(set(playbook.before_person) - books.steps_for(playbook.id)):
            yield f"playbook.{playbook.id}: before_person names {named}, which is none of its steps"
    for step in books.steps.values():
        differs = step.iphone is not None or "{menu." in step.text.en
        general = any(entry.then == "general" for entry in step.choices or (USUAL if differs else ()))
        for text in (step.text, step.iphone) if general else ():
            if text and "{menu." not in text.en:
                yield f"step.{step.id}: a general form needs a menu in the text"
        for covered in step.covers:
            if covered not in books.steps:
                yield f"step.{step.id}: covers {covered}, which does not exist"


def _signs(books: Playbooks) -> Iterator[str]:
    """Names in the rules of signs: what they lead to, the symptoms, and the signs themselves."""
    reported = {sign for rule in books.signs for sign in rule.signs}
    places = {f"finding.{name}" for name in books.findings} | {f"step.{name}" for name in books.steps}
    for rule in books.signs:
        where = "signs: " + ", ".join(rule.signs)
        for target in (*rule.then, *rule.after, *rule.not_after, *(f"step.{step}" for step in rule.done)):
            if target not in places:
                yield f"{where}: {target} is no finding or step"
        for symptom in set(rule.symptoms) - {"unknown"} - set(books.symptoms):
            yield f"{where}: there is no playbook {symptom}"
        if not (rule.then or rule.symptom or rule.means or rule.done):
            yield f"{where}: means nothing"
    for sign, pattern in books.sign_words.items():
        if sign not in reported:
            yield f"signs: words: no rule is for {sign}"
        try:
            re.compile(pattern)
        except re.error as error:
            yield f"signs: words of {sign}: {error}"
    named = {("unless", sign) for rule in books.signs for sign in rule.unless}
    named |= {
        (f"{where}, choice {entry.id}", sign)
        for where, given in _answers(books)
        for entry in given
        for sign in entry.seen
    }
    for where, sign in sorted(named):
        if sign not in reported:
            yield f"signs: {where}: no rule is for {sign}"


def _causes(books: Playbooks) -> Iterator[str]:
    """Names in causes.yml: symptoms, signs, steps and questions."""
    reported = {sign for rule in books.signs for sign in rule.signs}
    for cause in books.causes.values():
        for symptom in sorted(set(cause.shows) - set(books.symptoms)):
            yield f"cause {cause.id}: there is no playbook {symptom}"
        named = {*cause.cured_by, *cause.helped_by, *([cause.gives_back] if cause.gives_back else [])}
        for step in sorted(named - set(books.steps)):
            yield f"cause {cause.id}: there is no step {step}"
        for sign in sorted(set(cause.symbols) - reported):
            yield f"cause {cause.id}: no rule of signs.yml is for {sign}"
        if not cause.cured_by:
            yield f"cause {cause.id}: no step ends it"
    for step in sorted({*books.efforts, *books.called_only} - set(books.steps)):
        yield f"causes: there is no step {step}"
    for look in books.looks:
        if look.question not in books.questions:
            yield f"causes: there is no question {look.question}"


def _reachable(books: Playbooks) -> Iterator[str]:
    """Findings, questions, steps and playbooks that cannot be reached, and targets that do not exist."""
    reached: set[str] = set()
    symptoms = [entry.id for entry in books.questions["symptom"].choices] + ["hotspot", "calls_sms"]
    ahead = ["question.symptom", "question.phone", "question.phone_in_hand", *(f"playbook.{name}" for name in symptoms)]
    ahead += [f"finding.{finding.id}" for finding in books.findings.values() if finding.when is not None]
    ahead += [target for rule in books.signs for target in rule.then]
    ahead += [f"question.{look.question}" for look in books.looks] + ["question.test"]
    ahead += [finding.works for finding in books.findings.values() if finding.works]
    ahead += [f"finding.{finding}" for finding in books.error_ends.values()]
    ahead += [f"step.{step}" for steps in books.errors.values() for step in steps]
    while ahead:
        target = ahead.pop()
        if target in reached or target in TURNS:
            continue
        reached.add(target)
        kind, _, name = target.partition(".")
        if kind == "playbook" and name in books.symptoms:
            playbook = books.symptoms[name]
            ahead += [f"step.{step}" for step in books.steps_for(name)]
            ahead += [f"question.{playbook.opening}"] if playbook.opening else []
            ahead += [f"finding.{playbook.ends}"] if playbook.ends else []
            if not books.steps_for(name) and not playbook.opening:
                yield f"playbook.{name}: has neither steps nor an opening question"
        elif kind == "finding" and name in books.findings:
            finding = books.findings[name]
            ahead += [entry.then for entry in finding.choices] + ([finding.then] if finding.then else [])
        elif kind == "question" and name in books.questions:
            ahead += [entry.then for entry in books.questions[name].choices]
        elif kind == "step" and name in books.steps:
            ahead += [entry.then for entry in books.steps[name].choices]
        else:
            yield f"{target} is led to and does not exist"
    for kind, names in (
        ("finding", books.findings),
        ("question", books.questions),
        ("step", books.steps),
        ("playbook", books.symptoms),
    ):
        for name in names:
            if f"{kind}.{name}" not in reached:
                yield f"{kind}.{name}: nothing leads to it"


def _names(books: Playbooks) -> Iterator[str]:
    """Names that must exist elsewhere: menu families, tried steps and error messages of the catalogue."""
    catalogue = load_catalogue()
    tried = {entry.key for entry in catalogue.tried_steps}
    for step in books.steps.values():
        if step.tried_key and step.tried_key not in tried:
            yield f"step.{step.id}: {step.tried_key} is not in tried_steps.yml"
    regions = {region.name for region in catalogue.regions}
    for cause in books.causes.values():
        for place in sorted({place for adjust in cause.adjust for place in adjust.places} - regions):
            yield f"cause {cause.id}: {place} is not in regions.yml"
    fixed = set(books.errors) | set(LOCK_MESSAGES)
    messages = {entry.key for entry in catalogue.error_messages}
    for key in sorted(fixed ^ messages):
        yield f"error {key}: " + ("is not in error_messages.yml" if key in fixed else "has no fix in errors.yml")
    offered = {entry.id for entry in books.questions["phone"].choices}
    for family in sorted(offered ^ set(FAMILIES)):
        yield f"question.phone: {family} must be both a choice and a menu family"
