"""What deals and projects add in years to come."""
