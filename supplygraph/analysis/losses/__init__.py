"""What is lost without something: rankings, what-if, projects, the figures that decide."""
