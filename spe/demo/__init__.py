"""The tour: the main job on real data, every step through the public command line or API."""
