"""What `import supplygraph as sg` gives: load a dataset, ask the chain, take something away.

`Chain` lists the questions; each is a function in the file of its kind, such as `losses` or
`stocks`. `Disrupted` is a chain with something removed. A question imports what it needs when it
is asked, so that a first answer does not wait for all others.
"""

from supplygraph.api.chain import Chain, load
from supplygraph.api.disrupted import Disrupted
from supplygraph.api.run import Run
from supplygraph.api.solution import Solution

__all__ = ["Chain", "Disrupted", "Run", "Solution", "load"]
