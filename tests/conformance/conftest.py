"""The function library of the recorded cases stands in a folder of its own."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "streams"))
