"""How a primitive is declared: data only, interpreted by the transforms."""
