"""Labeled recordings and clips, and how well they are told apart."""
