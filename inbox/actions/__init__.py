"""Everything that can happen to a ticket: the only code that writes one, one module per noun."""
