"""The only importers of botocore: records, storage, topics, table."""
