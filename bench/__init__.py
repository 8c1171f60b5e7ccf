"""Measures Socialcare, each program on an installation of its own."""
