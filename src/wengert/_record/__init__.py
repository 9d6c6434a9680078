"""The one door: where operations are recorded, and the state that recording depends on."""
