"""Which place of New Zealand a shared location is in; only the place's name is kept."""

from __future__ import annotations

import math

from aftercare.catalogue.load import load_catalogue
from aftercare.catalogue.models import Region

# New Zealand's three big islands with some sea around them, degrees; longitudes beyond 180 do not occur there
_SOUTH, _NORTH, _WEST, _EAST = -47.6, -34.0, 166.0, 179.0


def region_at(latitude: float, longitude: float) -> Region | None:
    """The nearest place of the catalogue; None outside New Zealand."""
    if not (_SOUTH <= latitude <= _NORTH and _WEST <= longitude <= _EAST):
        return None
    shrink = math.cos(math.radians(latitude))  # a degree of longitude is shorter than one of latitude

    def distance(region: Region) -> float:
        return math.hypot(region.at[0] - latitude, (region.at[1] - longitude) * shrink)

    return min(load_catalogue().regions, key=distance, default=None)
