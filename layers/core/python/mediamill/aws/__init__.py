"""The only importers of boto3: records, storage, topics, table."""
