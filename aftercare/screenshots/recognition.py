"""Finds and reads text in a picture, and whether it has a QR code: the only user of RapidOCR and OpenCV.

It runs in the reader's own process (`process.py`); the models lie in the package `rapidocr`, nothing is downloaded.
"""

from __future__ import annotations

import io
import warnings
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from rapidocr import RapidOCR

from aftercare.screenshots.lines import TextBox, in_reading_order

FORMATS = ("PNG", "JPEG")
"""What the desk keeps pictures as."""
MOST_PIXELS = 4_100_000
"""Of a picture as the desk keeps it: 2,000 pixels square, and a little."""
WIDEST = 900
"""Pixels to which a picture is shrunk: the text of a phone's screen stays readable."""
LONGEST = 2000
_DETECTION_SIDE = 960  # pixels of the longer side when text is looked for; it is read at full size
_LEAST_SCORE = 0.5
_LEAST_CODE_SIDE = 40  # pixels; smaller squares are icons
_OPTIONS = {
    "Global.use_cls": False,  # screens are upright; the classifier turns short words over ("Off" into "HO")
    "Global.log_level": "critical",
    "Global.text_score": _LEAST_SCORE,
    "Global.max_side_len": LONGEST,
    "Det.limit_type": "max",
    "Det.limit_side_len": _DETECTION_SIDE,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}

Pixels = npt.NDArray[np.uint8]


class PictureTooLarge(ValueError):
    """The picture has more pixels than the desk keeps."""


class RecognizedScreen(NamedTuple):
    """What was found in a picture: boxes of text in reading order, and whether there is a QR code."""

    boxes: list[TextBox]
    qr_code: bool


class Recognizer:
    """The loaded models; making one takes about a second."""

    def __init__(self) -> None:
        cv2.setNumThreads(1)
        self._ocr = RapidOCR(params=_OPTIONS)
        self._codes = cv2.QRCodeDetector()

    def read(self, picture: bytes) -> RecognizedScreen:
        """The text of a picture.

        Raises:
            PictureTooLarge: more than `MOST_PIXELS`.
            OSError: no picture that we open, or a damaged one.
        """
        pixels = decode(picture)
        height, width = pixels.shape[:2]
        # a QR code is only noticed: what it holds is never decoded
        found, corners = self._codes.detect(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY))
        code = bool(found) and _is_code(corners)
        result: Any = self._ocr(pixels)  # of another class, without texts, when there is none
        texts, corners_of = (result.txts, result.boxes) if getattr(result, "txts", None) else ((), ())
        boxes = [
            TextBox(
                text,
                float(box[:, 1].min()) / height,
                float(box[:, 0].min()) / width,
                float(box[:, 1].max()) / height,
                float(box[:, 0].max()) / width,
            )
            for box, text in zip(corners_of, texts, strict=True)
        ]
        return RecognizedScreen(in_reading_order(boxes), code)


def decode(picture: bytes) -> Pixels:
    """The picture's pixels (height, width, 3; blue first) shrunk to be read.

    Raises:
        PictureTooLarge: more than `MOST_PIXELS`.
        OSError: no picture that we open, or a damaged one.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(io.BytesIO(picture), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise PictureTooLarge(f"{opened.width} × {opened.height}")
            flat = Image.new("RGB", opened.size, "white")
            flat.paste(opened, mask=opened if "A" in opened.getbands() else None)
    shorter = min(flat.size)
    if shorter > WIDEST:
        flat = flat.resize(
            (round(flat.width * WIDEST / shorter), round(flat.height * WIDEST / shorter)), Image.Resampling.LANCZOS
        )
    return np.ascontiguousarray(np.asarray(flat)[:, :, ::-1])


def _is_code(corners: npt.NDArray[Any] | None) -> bool:
    """Whether the corners that were found are those of a square of some size."""
    if corners is None or corners.size != 8:
        return False
    points = corners.reshape(4, 2)
    sides = np.linalg.norm(points - np.roll(points, 1, axis=0), axis=1)
    return bool(sides.min() >= _LEAST_CODE_SIDE and sides.max() <= 1.5 * sides.min())
