"""What the acceptance tests measure with."""
