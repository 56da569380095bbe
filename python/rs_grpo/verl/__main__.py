"""`python -m rs_grpo.verl check`."""

import sys

from rs_grpo.verl._check import main

sys.exit(main())
