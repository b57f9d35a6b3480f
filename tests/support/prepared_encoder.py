"""The real sentence encoder for tests, prepared when it is missing."""

from __future__ import annotations

from aftercare.base.settings import PREPARED_ENCODER
from aftercare.training.encoder_source import EncoderSourceError
from aftercare.understanding.encoder import Encoder
from tests.support.requirements import missing


def prepared_encoder() -> Encoder:
    """The encoder in models/encoder; skips the test when it is not there and cannot be made."""
    try:
        from aftercare.training.encoder_file import prepare

        prepare()
    except (EncoderSourceError, ImportError) as error:
        missing(f"the sentence encoder cannot be prepared: {error}")
    return Encoder.load(PREPARED_ENCODER)
