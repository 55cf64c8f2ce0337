"""Who supplies whom, how concentrated it is, and the published indices of that."""
