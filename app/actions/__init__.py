"""What a user may do: one function an action, roles and guards checked here."""
