"""The revisions of people.db, in order; a revision that was released is never edited."""
