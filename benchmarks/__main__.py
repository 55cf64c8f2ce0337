"""`python -m benchmarks`."""

import os

# One core: numpy's own threads would make both sides of a ratio depend on the machine.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

from benchmarks.run import main  # noqa: E402

raise SystemExit(main())
