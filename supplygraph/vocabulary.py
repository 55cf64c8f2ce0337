"""Closed lists of words that options, columns and engines share: each list stands here once."""

STAGES = ("mine", "separation", "metal", "magnet", "component")  # in the order of the chain
COVERS = ("low", "central", "high")  # months of stock, from least to most
# Who finds another supplier: nobody, those whose supplier was qualified in time, everybody.
STATIC_REROUTINGS = ("none", "free")
MONTHLY_REROUTINGS = ("none", "qualified", "free")
REROUTINGS = ("both", *STATIC_REROUTINGS)  # what can be asked of a static year
