"""Names of the columns of losses, as the contract has them."""

PLACES = ("abroad", "home")
BOUNDS = ("none", "3m", "6m", "12m", "24m", "36m", "least")
