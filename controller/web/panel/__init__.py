"""Pages for operators; each works as plain links and forms, and htmx only makes it quicker."""
