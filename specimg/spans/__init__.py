"""Where clips lie in a recording, and the one reader of them."""
