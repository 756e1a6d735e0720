"""What comes in and what goes out: inbound orders and orders, the release gate, and their lifecycle."""
