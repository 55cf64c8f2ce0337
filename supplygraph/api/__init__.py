"""What `import supplygraph as sg` gives: load a dataset, ask the chain, take something away."""

from supplygraph.api.chain import Chain, Run, Solution, load

__all__ = ["Chain", "Run", "Solution", "load"]
