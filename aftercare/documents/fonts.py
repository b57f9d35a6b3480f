"""The font of invoices, charts and cards, which shows Chinese whatever fonts a machine has."""

from importlib.resources import files
from pathlib import Path

# WenQuanYi Micro Hei 0.2.0-beta, Apache License 2.0, <http://wenq.org>; the first face of the collection is used.
FONT = Path(str(files("paperang_p2_fonts_cjk"))) / "fonts" / "wqy-microhei.ttc"
