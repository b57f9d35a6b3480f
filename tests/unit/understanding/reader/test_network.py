"""Rows that are packed are read as they were, to a half of their step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from aftercare.understanding.reader.network import PackedRows

NUMBERS = st.floats(-100, 100, width=32)


@given(arrays(np.float32, array_shapes(min_dims=2, max_dims=2, max_side=8), elements=NUMBERS))
def test_a_packed_row_is_read_to_half_a_step(rows: np.ndarray) -> None:
    packed = PackedRows.of(rows)
    at = np.arange(len(rows))
    step = np.abs(rows).max(axis=1, keepdims=True) / 127
    assert packed.values.dtype == np.int8
    assert (np.abs(packed[at] - rows) <= step * 0.51 + 1e-6).all()


def test_a_row_of_zeros_stays_one() -> None:
    assert PackedRows.of(np.zeros((2, 3), np.float32))[np.array([1])] == pytest.approx(np.zeros((1, 3)))
