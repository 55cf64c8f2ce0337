"""How long stocks last, and what takes longer to come back."""
