"""What results mean: intervals, paired comparisons, rules, claims, and verdicts in words."""
