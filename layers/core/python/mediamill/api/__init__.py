"""The HTTP API: what browsers and apps ask for, answered from table and buckets."""
