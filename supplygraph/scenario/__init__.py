"""What is done to the network, as bounds."""

from supplygraph.scenario.shocks import Shock, parse_shock, shock_of

__all__ = ["Shock", "parse_shock", "shock_of"]
