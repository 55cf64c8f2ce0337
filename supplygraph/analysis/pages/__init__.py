"""Records of all that a page shows, so that views need no engine."""
