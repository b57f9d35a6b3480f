"""Scores the model in use on labelled sentences and cross-validates on our own, with pictures and the worst errors."""

from __future__ import annotations

import asyncio
import csv as csv_module
import json
import logging
import re
from collections.abc import Iterable, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from rasa.core.agent import Agent
from rasa.shared.nlu.training_data.loading import load_data
from rasa.utils.log_utils import configure_structlog
from sklearn.model_selection import StratifiedKFold

from aftercare.base.language import written
from aftercare.base.settings import DATA, MODELS
from aftercare.catalogue.load import load_catalogue
from aftercare.training.measures import (
    Judged,
    Span,
    accuracy,
    at_threshold,
    calibration_error,
    macro_f1,
    risk_coverage,
    second_matters,
    span_f1,
    worst,
)
from aftercare.training.model_in_use import current_model
from aftercare.understanding.encoder import encoder
from aftercare.understanding.entities import EntityFinder
from aftercare.understanding.features import masked_words
from aftercare.understanding.linear_model import IntentModel, Recipe
from aftercare.understanding.reading import Ranked, Reader
from aftercare.understanding.segmentation import segmenter

# These describe the whole message, not something it names, and have their own column.
_ABOUT_THE_MESSAGE = {"language", "script"}
_FALLBACK = "nlu_fallback"
_THRESHOLDS = (0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8)
_RECIPE = Recipe(open_label="out_of_scope")


class EvaluationError(Exception):
    """The evaluation cannot start; the message says what is missing."""


def evaluate_nlu(csv: Path, out: Path, *, cross_validate: bool = False, models: Path = MODELS) -> dict[str, float]:
    """Score the model in use on `csv` (columns lang,text,intent,also), print and return the figures.

    With other `models` than our own it is the newest there. `ENCODER=off` shows what it reads by words alone.
    `also` holds further acceptable labels, separated by `|`. Writes `out` (text,intent,confidence,language,entities as
    JSON) and beside it `<out>-report.md` and three pictures. A prediction below the fallback threshold counts as the
    intent the assistant would offer first.

    Raises:
        EvaluationError: a column or the model is missing.
    """
    rows = _read(csv)
    judged = asyncio.run(_parse(rows, models))
    _write(judged, out)
    figures = _report(judged, out, f"{csv.name}, {len(judged)} sentences")
    if cross_validate:
        held_out = cross_validated(DATA / "nlu")
        beside = out.with_name(f"{out.stem}-cross-validation{out.suffix}")
        more = _report(held_out, beside, f"our training data, cross-validated, {len(held_out)} sentences")
        more["false_second_matters"] = second_matters(held_out)
        print(f"  {'false second matters':<22} {more['false_second_matters']:.3f}")
        figures |= {f"cross_validation_{name}": value for name, value in more.items()}
        _report_entities(DATA / "nlu", beside.with_name(f"{beside.stem}-report.md"))
    return figures


def cross_validated(folder: Path, folds: int = 5) -> list[Judged]:
    """Each training sentence of `folder`, predicted by a model that has not seen it (with the encoder, if any)."""
    examples = [example for example in load_data(str(folder)).intent_examples if example.get("text")]
    texts = [example.get("text") for example in examples]
    labels = np.array([example.get("intent") for example in examples])
    languages = [written(text).language or "" for text in texts]
    finder, words = EntityFinder(load_catalogue()), [segmenter().words(text) for text in texts]
    entities = [finder.named(text) for text in texts]
    messages = [masked_words(*pair) for pair in zip(words, entities, strict=True)]
    found = encoder()
    vectors = found.encode_kept(texts) if found else None
    judged: list[Judged] = []
    for seen, held in StratifiedKFold(folds, shuffle=True, random_state=1).split(messages, labels):
        model = IntentModel.fit(
            [messages[i] for i in seen],
            list(labels[seen]),
            [languages[i] for i in seen],
            _RECIPE,
            None if vectors is None else vectors[seen],
        )
        reader = Reader(model)
        for i in held:
            vector = None if vectors is None else partial(vectors.__getitem__, i)
            reading = reader.read(texts[i], words[i], entities[i], languages[i], vector)
            best = reading.ranking[0] if reading.ranking else Ranked("", 0.0)
            second = reading.second.intent if reading.second else ""
            language = languages[i] or "none"
            judged.append(Judged(texts[i], language, (str(labels[i]),), best.name, best.confidence, second=second))
    return judged


def entities_found(folder: Path) -> dict[str, dict[str, tuple[float, int]]]:
    """Per language of `folder`, F1 and number of each annotated entity; of sentences with an annotation only.

    The finder learns nothing from sentences, so none has to be held out; the catalogue knows most of what they name.
    """
    finder = EntityFinder(load_catalogue())
    pairs: dict[str, list[tuple[set[Span], set[Span]]]] = {}
    for example in load_data(str(folder)).training_examples:
        if annotated := example.get("entities"):
            text = example.get("text")
            found = {(one.entity, one.start, one.end) for one in finder.named(text)}
            wanted = {(one["entity"], one["start"], one["end"]) for one in annotated}
            pairs.setdefault(written(text).language or "none", []).append((wanted, found))
    return {language: span_f1(some) for language, some in sorted(pairs.items())}


def _report_entities(folder: Path, report: Path) -> None:
    scores = entities_found(folder)
    lines = ["", "Entities, exact spans in annotated sentences:", "", "| language | entity | F1 | annotated |"]
    lines += ["|---|---|---|---|"]
    lines += [
        f"| {language} | {name} | {f1:.3f} | {number} |"
        for language, some in scores.items()
        for name, (f1, number) in some.items()
    ]
    with report.open("a", encoding="utf-8") as stream:
        stream.write("\n".join(lines) + "\n")
    print("entities (F1, exact spans)")
    for language, some in scores.items():
        print(f"  {language}: " + ", ".join(f"{name} {f1:.3f}" for name, (f1, _) in some.items()))


def _read(path: Path) -> list[tuple[str, str, tuple[str, ...]]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv_module.DictReader(stream)
        missing = {"lang", "text", "intent"} - set(reader.fieldnames or ())
        if missing:
            raise EvaluationError(f"{path} lacks the column(s) {', '.join(sorted(missing))}")
        return [(row["lang"], row["text"], (row["intent"], *_others(row.get("also") or ""))) for row in reader]


def _others(also: str) -> Iterable[str]:
    return (name for name in re.split(r"[|;,\s]+", also) if name)


async def _parse(rows: Sequence[tuple[str, str, tuple[str, ...]]], models: Path) -> list[Judged]:
    if not any(models.glob("*.tar.gz")):
        raise EvaluationError(f"there is no model in {models}; train one with `aftercare train`")
    configure_structlog(logging.ERROR)
    agent = Agent.load((current_model() if models == MODELS else None) or models)
    judged = []
    for language, text, accepted in rows:
        parsed: dict[str, Any] = await agent.parse_message(text)
        ranking = [one for one in parsed.get("intent_ranking", []) if one["name"] != _FALLBACK]
        best: dict[str, Any] = ranking[0] if ranking else {"name": "", "confidence": 0.0}
        judged.append(
            Judged(text, language, accepted, best["name"] or "", float(best["confidence"]), parsed.get("entities", []))
        )
    return judged


def _write(judged: Sequence[Judged], out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", encoding="utf-8", newline="") as stream:
        writer = csv_module.writer(stream)
        writer.writerow(["text", "intent", "confidence", "language", "entities"])
        for one in judged:
            language = next((str(e["value"]) for e in one.entities if e["entity"] == "language"), "")
            entities = [
                {key: entity[key] for key in ("entity", "value", "start", "end")}
                for entity in one.entities
                if entity["entity"] not in _ABOUT_THE_MESSAGE
            ]
            described = json.dumps(entities, ensure_ascii=False)
            writer.writerow([one.text, one.intent, f"{one.confidence:.4f}", language, described])


def _report(judged: Sequence[Judged], out: Path, title: str) -> dict[str, float]:
    figures = {f"accuracy_{name}": accuracy(part) for name, part in _by_language(judged).items()}
    figures |= {"accuracy": accuracy(judged), "macro_f1": macro_f1(judged)}
    figures["calibration_error"] = calibration_error(judged)
    lines = [f"# {title}", "", "| measure | value |", "|---|---|"]
    lines += [f"| {name.replace('_', ' ')} | {value:.3f} |" for name, value in figures.items()]
    risk = risk_coverage(judged)[1]
    lines += ["", "| answered | wrong among these |", "|---|---|"]
    lines += [f"| {share:.0%} | {risk[int(share * (len(risk) - 1))]:.3f} |" for share in (0.5, 0.7, 0.8, 0.9, 1.0)]
    lines += ["", "What a fallback threshold answers, and what it asks about instead:", ""]
    lines += ["| confidence at least | answered | wrong among these | wrong among the others |", "|---|---|---|---|"]
    for threshold in _THRESHOLDS:
        share, among, others = at_threshold(judged, threshold)
        lines.append(f"| {threshold:.2f} | {share:.1%} | {among:.3f} | {others:.3f} |")
    lines += ["", "The wrong predictions the model was surest of:", "", "| sentence | true | predicted | confidence |"]
    lines += ["|---|---|---|---|"]
    for one in worst(judged):
        text = one.text.replace("|", "\\|").replace("\n", " ")[:120]
        lines.append(f"| {text} | {one.accepted[0]} | {one.intent} | {one.confidence:.2f} |")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.with_name(f"{out.stem}-report.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    _draw(judged, out)
    print(title)
    for name, value in figures.items():
        print(f"  {name.replace('_', ' '):<22} {value:.3f}")
    return figures


def _draw(judged: Sequence[Judged], out: Path) -> None:
    if find_spec("matplotlib") is None:
        print("no plots: they need matplotlib (`uv sync --inexact --group evaluation`)")
        return
    from aftercare.training.plots import plot_confusion, plot_reliability, plot_risk_coverage

    plot_confusion(judged, out.with_name(f"{out.stem}-confusion.png"))
    plot_reliability(judged, out.with_name(f"{out.stem}-reliability.png"))
    plot_risk_coverage(judged, out.with_name(f"{out.stem}-risk-coverage.png"))


def _by_language(judged: Sequence[Judged]) -> dict[str, list[Judged]]:
    parts: dict[str, list[Judged]] = {}
    for one in judged:
        parts.setdefault(one.language.split("-")[0], []).append(one)
    return dict(sorted(parts.items()))
