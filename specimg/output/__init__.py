"""One output folder, for whoever writes it or only reads it."""
