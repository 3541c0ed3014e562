"""What a user may DO: one function an action; roles and guards are checked here."""
