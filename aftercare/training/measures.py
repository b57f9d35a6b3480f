"""Figures of merit for intent predictions: accuracy, macro-F1, calibration error, risk against coverage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

# Entity, start, end.
Span = tuple[str, int, int]


@dataclass(frozen=True)
class Judged:
    """One predicted sentence; `accepted` are the labels counted as right, the first being the true one.

    `second` is the other matter found in it, if any.
    """

    text: str
    language: str
    accepted: tuple[str, ...]
    intent: str
    confidence: float
    entities: list[dict[str, object]] = field(default_factory=list)
    second: str = ""

    @property
    def right(self) -> bool:
        """Whether the prediction is one of the accepted labels."""
        return self.intent in self.accepted


def accuracy(judged: Sequence[Judged]) -> float:
    """Share of right predictions, 0 to 1; NaN for none."""
    return float(np.mean([one.right for one in judged])) if judged else float("nan")


def macro_f1(judged: Sequence[Judged]) -> float:
    """Mean F1 over the true labels; a second accepted label counts as the true one when it was predicted."""
    truth = [one.intent if one.right else one.accepted[0] for one in judged]
    scores = []
    for label in set(truth):
        hits = sum(one.right and one.intent == label for one in judged)
        predicted = sum(one.intent == label for one in judged)
        scores.append(2 * hits / (predicted + truth.count(label)))
    return float(np.mean(scores)) if scores else float("nan")


def reliability(judged: Sequence[Judged], bins: int = 10) -> list[tuple[float, float, int]]:
    """Per bin of confidence that is not empty: mean confidence, accuracy, number of sentences."""
    confidence = np.array([one.confidence for one in judged])
    right = np.array([one.right for one in judged])
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    return [
        (float(confidence[place == at].mean()), float(right[place == at].mean()), int((place == at).sum()))
        for at in np.unique(place)
    ]


def calibration_error(judged: Sequence[Judged], bins: int = 10) -> float:
    """Expected calibration error (Naeini et al. 2015): mean distance of confidence and accuracy over equal bins."""
    return sum(abs(mean - right) * n for mean, right, n in reliability(judged, bins)) / max(1, len(judged))


def risk_coverage(judged: Sequence[Judged]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Coverage and error rate when only the most confident are answered, from one sentence to all of them."""
    order = sorted(judged, key=lambda one: -one.confidence)
    wrong = np.cumsum([not one.right for one in order])
    answered = np.arange(1, len(order) + 1)
    return answered / max(1, len(order)), wrong / answered


def at_threshold(judged: Sequence[Judged], threshold: float) -> tuple[float, float, float]:
    """Share answered at this confidence at least, and how many are wrong among these and among the others.

    NaN for the errors of none. A fallback threshold is too high when most of what lies below it is right.
    """
    wrong = np.array([not one.right for one in judged])
    answered = np.array([one.confidence >= threshold for one in judged])
    parts = (wrong[answered], wrong[~answered])
    among, others = (float(part.mean()) if len(part) else float("nan") for part in parts)
    return float(answered.mean()), among, others


def second_matters(judged: Sequence[Judged]) -> float:
    """Share of sentences in which a second matter was found: on sentences of one matter, the rate of false ones."""
    return float(np.mean([bool(one.second) for one in judged])) if judged else float("nan")


def span_f1(pairs: Sequence[tuple[set[Span], set[Span]]]) -> dict[str, tuple[float, int]]:
    """Per entity, from the (annotated, found) spans of each sentence: F1 and number of annotations.

    A span is right when its entity, start and end are.
    """
    hits, annotated, found = Counter[str](), Counter[str](), Counter[str]()
    for wanted, got in pairs:
        hits.update(span[0] for span in wanted & got)
        annotated.update(span[0] for span in wanted)
        found.update(span[0] for span in got)
    return {
        name: (2 * hits[name] / (annotated[name] + found[name]), annotated[name]) for name in sorted(annotated | found)
    }


def worst(judged: Sequence[Judged], number: int = 30) -> list[Judged]:
    """The wrong predictions the model was surest of."""
    return sorted((one for one in judged if not one.right), key=lambda one: -one.confidence)[:number]
