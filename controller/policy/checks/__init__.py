"""What a policy must not be though it can be read; one file a check, each noting what it refuses."""
