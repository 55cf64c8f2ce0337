"""What a dataset holds and how it balances, explained, counted and exported."""
