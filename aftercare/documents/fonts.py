"""The font of all documents; it comes with the project, since few servers have one with Chinese."""

from pathlib import Path

FONT = Path(__file__).parent / "fonts" / "wqy-microhei.ttf"
