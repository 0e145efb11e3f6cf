"""Set-up is tested with the modules that bin/up itself is made of."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "bin"))
