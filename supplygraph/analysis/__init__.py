"""Questions asked of the engines, one per file; each answer is a Results record."""
