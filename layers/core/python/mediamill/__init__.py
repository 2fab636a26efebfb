"""mediamill: put any file in a bucket; find renditions, metadata, text and a manifest."""
