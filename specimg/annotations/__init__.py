"""Who calls where in a recording: tables of annotations, and what they say."""
