"""The book is made true: blind counts, recounts, approval, adjustment."""
