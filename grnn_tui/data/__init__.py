"""Corpora, vocabularies and what they are read from: foreign bytes become arrays of symbols here."""
