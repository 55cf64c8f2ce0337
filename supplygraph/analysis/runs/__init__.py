"""Months of a scenario: what is lost and when, beside what customs recorded."""
