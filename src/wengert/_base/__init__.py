"""What everything else stands on: errors, dtypes, shapes and nested containers."""
