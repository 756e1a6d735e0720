"""Sales: what people who never see the floor ask of orders, and what the customer of one order may see of it."""
