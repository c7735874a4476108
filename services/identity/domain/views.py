"""How the pages may be shown: as usual, or with large letters for elders (长者模式)."""

VIEWS = ("plain", "elder")
