"""Figures of merit are right on cases small enough to count by hand."""

import math
from dataclasses import replace

import pytest

from aftercare.training.measures import (
    Judged,
    accuracy,
    at_threshold,
    calibration_error,
    macro_f1,
    reliability,
    risk_coverage,
    second_matters,
    span_f1,
    worst,
)


def judged(accepted, intent, confidence):
    return Judged("text", "en", tuple(accepted.split("|")), intent, confidence)


CASES = [judged("a", "a", 0.9), judged("a", "b", 0.8), judged("b", "b", 0.6), judged("b|c", "c", 0.4)]


def test_accuracy_counts_the_second_label():
    assert accuracy(CASES) == 0.75


def test_macro_f1():
    # a: 1 of 2 found, never wrong -> 2/3; b: found, once wrong -> 2/3; c: accepted as predicted -> 1
    assert macro_f1(CASES) == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)


def test_calibration_error():
    assert reliability(CASES, bins=1) == [(pytest.approx(0.675), 0.75, 4)]
    assert calibration_error(CASES, bins=1) == pytest.approx(0.075)
    assert calibration_error(CASES, bins=10) == pytest.approx((0.1 + 0.8 + 0.4 + 0.6) / 4)


def test_risk_falls_with_coverage():
    coverage, risk = risk_coverage(CASES)
    assert list(coverage) == [0.25, 0.5, 0.75, 1.0]
    assert list(risk) == pytest.approx([0, 1 / 2, 1 / 3, 1 / 4])


def test_a_threshold_parts_right_from_wrong():
    assert at_threshold(CASES, 0.7) == (0.5, 0.5, 0.0)
    answered, among, others = at_threshold(CASES, 0.1)
    assert (answered, among) == (1.0, 0.25)
    assert math.isnan(others)


def test_worst_are_the_surest_errors():
    assert worst(CASES) == [CASES[1]]


def test_second_matters():
    assert second_matters([*CASES[:3], replace(CASES[3], second="b")]) == 0.25


def test_span_f1_wants_exact_spans():
    pairs = [
        ({("device", 0, 4), ("email", 9, 20)}, {("device", 0, 4), ("email", 9, 19)}),
        ({("device", 5, 9)}, set()),
    ]
    assert span_f1(pairs) == {"device": (pytest.approx(2 / 3), 2), "email": (0.0, 1)}
