"""Reads PDF reports into an index that can be asked; knows nothing of questions."""
