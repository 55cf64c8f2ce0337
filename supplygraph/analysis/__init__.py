"""Questions asked of the engines: a room for a kind of question, one file for each."""
