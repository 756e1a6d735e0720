"""Pictures that people take of what was wrong: attached to a difference, a return, an inspection; seen by whoever may see that."""
