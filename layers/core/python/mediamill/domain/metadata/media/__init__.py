"""Video and audio: the container, its streams, chapters and tags, without a frame decoded."""
