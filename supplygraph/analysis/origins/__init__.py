"""Where the elements in a product come from, by proportional mixing, and rules of content."""
