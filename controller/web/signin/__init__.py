"""Who asks the web: signing in and out, sessions, tokens, and the deeds that each page names."""
