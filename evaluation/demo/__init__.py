"""Writes believable ordinary sheets of an invented consortium, so that demo and bench use the ordinary import."""
