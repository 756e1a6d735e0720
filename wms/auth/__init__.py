"""Who may do what: people, roles, badges and PINs, devices, sessions, API tokens."""
