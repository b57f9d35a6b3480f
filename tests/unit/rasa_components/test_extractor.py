"""Where somebody or a phone comes from is no place to travel to."""

from __future__ import annotations

import pytest

from aftercare.catalogue.load import load_catalogue
from aftercare.rasa_components.extractor import CatalogueEntityExtractor
from aftercare.understanding.entities import EntityFinder

EXTRACTOR = CatalogueEntityExtractor(EntityFinder(load_catalogue()))


@pytest.mark.parametrize(
    ("text", "countries"),
    [
        ("my iphone XR is from japan", []),
        ("iPhone XR from china mainland", []),
        ("we're from Japan and want to go to Australia", ["AU"]),
        ("I'm from mainland china, a plan for new zealand", ["NZ"]),
        ("bought it in Japan, going to Fiji", ["FJ"]),
        ("我是中国人，想去新西兰", ["NZ"]),
        ("我來自日本，去澳洲", ["AU"]),
        ("手机在日本买的，要去新西兰和澳洲", ["NZ", "AU"]),
        ("我是从中国过来的", []),
        ("日本版的手机去斐济", ["FJ"]),
        # said by who is there, or asked of a place to be in
        ("no internet, I'm writing from Australia", ["AU"]),
        ("does it work in Singapore", ["SG"]),
        ("澳洲能用吗", ["AU"]),
    ],
)
def test_an_origin_is_no_destination(text: str, countries: list[str]) -> None:
    found = EXTRACTOR._entities(text)
    assert [each["value"] for each in found if each["entity"] == "destination"] == countries
    assert not any("role" in each for each in found[:1])
