"""The shape of the network: dominators, flow, control, systemic risk, and how to read each."""
