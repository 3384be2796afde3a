"""Features of frozen encoders, kept on disk: each picture or recording is encoded once."""
