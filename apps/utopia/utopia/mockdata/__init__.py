"""Mock data: seeded, deterministic, quick; into any log."""

from utopia.mockdata.generator import MockData, MockRecord
from utopia.mockdata.settings import WORKSHOP_SIZES, Intervals, Settings, Sizes

__all__ = ["WORKSHOP_SIZES", "Intervals", "MockData", "MockRecord", "Settings", "Sizes"]
