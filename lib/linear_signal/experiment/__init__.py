"""What is run and kept: protocol, plan, units, store, results table, comparison and verdict."""
