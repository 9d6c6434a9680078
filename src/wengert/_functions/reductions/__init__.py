"""Over axes: sums, norms, statistics, running results, order."""
