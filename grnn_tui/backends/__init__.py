"""The contract every model keeps, the registry, and a folder per family of models."""
